"""What holds of every answer and of every lead."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from leadexec_delivery_pingpost.bid import BidReader
from leadexec_delivery_pingpost.expiry import LONGEST, seconds_left
from leadexec_delivery_pingpost.fields import PingFields
from leadexec_delivery_pingpost.settings import BidSettings, PingSettings

from leadexec import Bid, Failed, NoBid
from leadexec.testing import (
    FakeAnswer,
    FakeClock,
    a_lead,
    a_lead_type_info,
    an_outgoing,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEARCHES = msgspec.convert(
    [
        {
            "result": {"type": "json_path", "path": "$..ok"},
            "price": {"type": "json_path", "path": "$..price"},
            "ping_reference": {"type": "json_path", "path": "$..id"},
            "expires": {"type": "json_path", "path": "$..ttl"},
        },
        {
            "price": {"type": "text", "text": "price"},
            "ping_reference": {"type": "text", "text": "id"},
            "expires": {"type": "text", "text": "ttl"},
            "reject_reason": {"type": "text", "text": "ok"},
        },
        {
            "result": {"type": "xpath", "path": "//ok"},
            "price": {"type": "xpath", "path": "/r/price"},
        },
    ],
    list[BidSettings],
)
READERS = [BidReader(settings, FakeClock()) for settings in SEARCHES]
names = st.sampled_from(["ok", "price", "id", "ttl", "x"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-10, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["true", "false", "$1,234.50", "12,50", "0.00", "2026-11-23T12:00:30Z"])
    | st.text(max_size=8)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)
)
bodies = (
    values.map(msgspec.json.encode)
    | st.binary(max_size=60)
    | st.lists(st.tuples(names, scalars), max_size=5).map(
        lambda pairs: "\n".join(f"{name}={value}" for name, value in pairs).encode()
    )
)


@given(body=bodies, status=st.integers(200, 599), agreed=st.decimals(0, 10, places=2))
def test_every_answer_is_a_sound_bid_or_says_why_it_is_none(
    body: bytes, status: int, agreed: Decimal
) -> None:
    answer = FakeAnswer(status=status, headers={}, body=body, truncated=False)
    for reader in READERS:
        match reader.read(answer, sent_body="", sent_values=(), agreed=agreed):
            case Bid(price=price, expires_in=expires):
                assert 200 <= status < 300
                assert price > 0
                assert price == price.quantize(Decimal("0.0001"))
                assert expires is None or 0 < expires <= LONGEST
            case NoBid(reason=reason) | Failed(reason=reason):
                assert reason


@given(text=st.text(max_size=30) | st.datetimes().map(str) | st.integers().map(str))
def test_any_text_is_a_time_that_is_left_or_none(text: str) -> None:
    left = seconds_left(text, NOW)
    assert left is None or (math.isfinite(left) and left <= LONGEST)


@given(seconds=st.integers(-86_400, 300 * 86_400), offset=st.integers(-14 * 60, 14 * 60))
def test_the_end_of_a_bid_is_the_same_in_every_notation(seconds: int, offset: int) -> None:
    end = NOW + timedelta(seconds=seconds)
    there = end.astimezone(timezone(timedelta(minutes=offset)))
    unix = int(end.timestamp())
    for text in (str(seconds), f"{seconds}.0", there.isoformat(), str(unix), f"{unix}000"):
        assert seconds_left(text, NOW) == seconds


FIELDS = tuple(a_lead_type_info().fields)


@given(
    texts=st.fixed_dictionaries({name: st.text(min_size=1, max_size=9) for name in FIELDS}),
    named=st.sets(st.sampled_from(FIELDS)),
)
def test_a_ping_is_made_of_named_fields_and_nothing_else_of_the_lead(
    texts: dict[str, str], named: set[str]
) -> None:
    raw = {
        "url": "https://b.example/",
        "fields": [{"to": f"{name}_", "source": name} for name in sorted(named)],
    }
    fields = PingFields(msgspec.convert(raw, PingSettings), a_lead_type_info())
    outgoing = an_outgoing(lead=a_lead(fields=texts))
    sent = fields.of(outgoing)
    allowed = named or {"State"}
    assert sorted(sent.fields.values()) == sorted(texts[name] for name in allowed)
    assert sent.tags.keys().isdisjoint(FIELDS)
    assert sent.tags["lead_uid"] == outgoing.lead.uid
