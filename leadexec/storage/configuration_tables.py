"""The tables of the audit and of the configuration's revision."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    text,
)

from leadexec.storage.columns import JsonColumn, UtcDateTime
from leadexec.storage.metadata import kernel_metadata

configuration: Final = Table(
    "configuration",
    kernel_metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
    comment="The one row whose revision counts the changes of catalogued entities",
)

audit: Final = Table(
    "audit",
    kernel_metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(200), nullable=False),
    Column("entity", String(100), nullable=False),
    Column("entity_id", BigInteger, nullable=False),
    Column("act", String(16), nullable=False),
    Column("old", JsonColumn),
    Column("new", JsonColumn),
    Column("revision", BigInteger),
    Index("ix_audit_entity", "entity", "entity_id", "id"),
    Index(
        "ix_audit_revision",
        "revision",
        unique=True,
        sqlite_where=text("revision IS NOT NULL"),
        postgresql_where=text("revision IS NOT NULL"),
    ),
    comment="Who changed what and when; secrets stay encrypted, so that a state can be restored",
)
