"""The tables of a lead's way: posts, leads, deliveries, counters, claims, jobs.

Leads and deliveries are named by uids made in the application, so that a batch needs no ids back
from the database; their integer ids give the order of arrival and page cursors.

They refer to entities without foreign keys, which every insert would have to look up. A campaign
that has leads and a delivery account that has deliveries are not deleted (``ENTITY``); what those
refer to themselves, sources, lead types and clients, is kept by their foreign keys.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
)

from leadexec.storage.columns import JsonColumn, MoneyColumn, OutsideText, UtcDateTime
from leadexec.storage.metadata import ENTITY, kernel_metadata

RowId = BigInteger().with_variant(Integer(), "sqlite")
Uid = String(36)

requests = Table(
    "requests",
    kernel_metadata,
    Column("uid", Uid, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("method", OutsideText(8), nullable=False),
    Column("path", OutsideText(), nullable=False),
    Column("content_type", OutsideText(), nullable=False),
    Column("remote_ip", OutsideText(45), nullable=False),
    Column("credential_id", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", OutsideText(64), nullable=False),
    Column("detail", OutsideText(), nullable=False),
    comment="Every post as it came, word for word, also the refused ones",
)

idempotency = Table(
    "idempotency",
    kernel_metadata,
    Column("key", String(160), primary_key=True),
    Column("body_hash", String(32), nullable=False),
    Column("request_uid", Uid, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_idempotency_request_uid", "request_uid"),
    comment="Idempotency keys of senders and the post that used each first",
)

leads = Table(
    "leads",
    kernel_metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("uid", Uid, nullable=False, unique=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("lead_type_id", BigInteger, nullable=False),
    Column("source_id", BigInteger, nullable=False),
    Column("campaign_id", BigInteger, nullable=False, info={ENTITY: "campaign"}),
    Column("request_uid", Uid, nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", OutsideText(64), nullable=False),
    Column("reasons", JsonColumn, nullable=False),
    Column("price", MoneyColumn, nullable=False),
    Column("revenue", MoneyColumn, nullable=False),
    Column("source_share", MoneyColumn, nullable=False),
    Column("delivered_count", Integer, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("remote_ip", OutsideText(45), nullable=False),
    Column("fields", JsonColumn, nullable=False),
    Column("log", JsonColumn, nullable=False),
    Column("facts", JsonColumn, nullable=False),
    Column("grade", OutsideText(8), nullable=False),
    Column("score", Integer),
    Column("only_accounts", JsonColumn),
    Column("revision", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_leads_request_uid", "request_uid"),
    Index("ix_leads_campaign_id", "campaign_id", "id"),
    Index("ix_leads_status", "status", "id"),
    Index("ix_leads_received_at", "received_at"),
    comment="Leads with their typed fields and the process log of their intake",
)

deliveries = Table(
    "deliveries",
    kernel_metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("uid", Uid, nullable=False, unique=True),
    Column("lead_uid", Uid, nullable=False),
    Column("account_id", BigInteger, nullable=False, info={ENTITY: "delivery_account"}),
    Column("client_id", BigInteger, nullable=False),
    Column("method_id", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("price", MoneyColumn, nullable=False),
    Column("exclusive", Boolean, nullable=False),
    Column("code", OutsideText(64), nullable=False),
    Column("reason", OutsideText(), nullable=False),
    Column("reference", OutsideText(), nullable=False),
    Column("redirect_url", OutsideText(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime),
    Column("limits", JsonColumn, nullable=False),
    Column("reserved_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Index("ix_deliveries_lead_uid", "lead_uid"),
    Index("ix_deliveries_account_id", "account_id", "id"),
    comment="One row per client that was offered a lead",
)

attempts = Table(
    "attempts",
    kernel_metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("delivery_uid", Uid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("elapsed_us", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("code", OutsideText(64), nullable=False),
    Column("reason", OutsideText(), nullable=False),
    Column("exchanges", JsonColumn, nullable=False),
    Index("ix_attempts_delivery_uid", "delivery_uid"),
    comment="Every try at a delivery with requests and answers (DM11)",
)

pings = Table(
    "pings",
    kernel_metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("lead_uid", Uid, nullable=False),
    Column("account_id", BigInteger, nullable=False, info={ENTITY: "delivery_account"}),
    Column("at", UtcDateTime, nullable=False),
    Column("elapsed_us", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("code", OutsideText(64), nullable=False),
    Column("reason", OutsideText(), nullable=False),
    Column("price", MoneyColumn, nullable=False),
    Column("reference", OutsideText(), nullable=False),
    Column("expires_at", UtcDateTime),
    Column("exchanges", JsonColumn, nullable=False),
    Index("ix_pings_lead_uid", "lead_uid"),
    comment="Every buyer that was asked for a bid, for a lead or for a quote (PP4)",
)

quotes = Table(
    "quotes",
    kernel_metadata,
    Column("order_id", Uid, primary_key=True),
    Column("campaign_id", BigInteger, nullable=False, info={ENTITY: "campaign"}),
    Column("request_uid", Uid, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("price", MoneyColumn, nullable=False),
    Column("revenue", MoneyColumn, nullable=False),
    Column("plan", JsonColumn, nullable=False),
    Column("lead_uid", Uid),
    Index("ix_quotes_lead_uid", "lead_uid"),
    Index("ix_quotes_request_uid", "request_uid"),
    comment="Answers to pings that hold for a while, with what is held for them (PP2)",
)

decisions = Table(
    "decisions",
    kernel_metadata,
    Column("lead_uid", Uid, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("record", JsonColumn, nullable=False),
    comment="Why each lead went where it went (LD15)",
)

counters = Table(
    "counters",
    kernel_metadata,
    Column("key", String(100), primary_key=True),
    Column("window", String(32), nullable=False),
    Column("used", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="What is used of every limit, per window (DA6); the key ends in its window",
)

claims = Table(
    "claims",
    kernel_metadata,
    Column("key", String(130), nullable=False),
    Column("rejected", Boolean, nullable=False),
    Column("lead_uid", Uid, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("key", "rejected"),
    Index("ix_claims_lead_uid", "lead_uid"),
    sqlite_with_rowid=False,
    comment="The latest lead that holds each key; apart for accepted and rejected leads (LS8)",
)

turns = Table(
    "turns",
    kernel_metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("turn", BigInteger, nullable=False),
    Index("ix_turns_turn", "turn"),
    comment="The turn at which each delivery account was last offered a lead (DI3)",
)

jobs = Table(
    "jobs",
    kernel_metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", OutsideText(100), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("payload", JsonColumn, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("dead", Boolean, nullable=False),
    Column("error", OutsideText(), nullable=False),
    Column("owner", String(100), nullable=False),
    Index("ix_jobs_due", "dead", "run_at"),
    Index("ix_jobs_subject", "subject"),
    comment="Work that was committed with the change that asks for it; done rows are deleted",
)
