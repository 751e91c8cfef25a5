import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from leadexec import Money, Secret
from leadexec.model.findings import REFUSED, Reading
from leadexec.model.reading import read_struct
from leadexec.model.validation import merge_patch


class Mood(enum.StrEnum):
    GOOD = "good"
    BAD = "bad"


class Basic(msgspec.Struct, kw_only=True, frozen=True, tag="basic"):
    user: str
    password: Secret


class Bearer(msgspec.Struct, kw_only=True, frozen=True, tag="bearer"):
    token: Secret


class Part(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    part_name: Annotated[str, Meta(min_length=2)]
    count: Annotated[int, Meta(ge=1)] = 1


class Thing(msgspec.Struct, kw_only=True, frozen=True):
    name: Annotated[str, Meta(pattern="^[a-z]+$")]
    mood: Mood = Mood.GOOD
    price: Money = Decimal(0)
    factor: Decimal = Decimal(1)
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    at: datetime | None = None
    parts: Annotated[tuple[Part, ...], Meta(max_length=2)] = ()
    names: dict[str, Annotated[int, Meta(ge=0)]] = {}
    auth: Basic | Bearer | None = None
    anything: Any = None


def read(raw: Any) -> tuple[Any, set[tuple[str, str]]]:
    reading = Reading()
    made = read_struct(Thing, raw, "", reading)
    return made, {(fault.path, fault.code) for fault in reading.faults}


def test_a_struct_is_read_with_all_it_is_made_of() -> None:
    made, faults = read(
        {
            "name": "abc",
            "mood": "bad",
            "price": "1.5",
            "factor": Decimal("2.5"),
            "share": Decimal("0.25"),
            "at": "2026-01-05T15:00:00Z",
            "parts": [{"partName": "ab"}, {"partName": "cd", "count": 2}],
            "names": {"x": 1},
            "auth": {"type": "basic", "user": "u", "password": "p"},
            "anything": [1, {"a": None}],
        }
    )

    assert faults == set()
    assert made == Thing(
        name="abc",
        mood=Mood.BAD,
        price=Decimal("1.5"),
        factor=Decimal("2.5"),
        share=0.25,
        at=datetime.fromisoformat("2026-01-05T15:00:00+00:00"),
        parts=(Part(part_name="ab"), Part(part_name="cd", count=2)),
        names={"x": 1},
        auth=Basic(user="u", password=Secret("p")),
        anything=[1, {"a": None}],
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": None}, ("name", "missing")),
        ({"name": "abc\n"}, ("name", "wrong_form")),
        ({"name": "a\0"}, ("name", "bad_text")),
        ({"name": "\ud800"}, ("name", "bad_text")),
        ({"name": 3}, ("name", "wrong_type")),
        ({"mood": "ugly"}, ("mood", "not_one_of")),
        ({"price": True}, ("price", "not_money")),
        ({"price": Decimal("NaN")}, ("price", "not_money")),
        ({"price": "1,5"}, ("price", "not_money")),
        ({"price": Decimal("-0.01")}, ("price", "negative")),
        ({"factor": "Infinity"}, ("factor", "not_a_number")),
        ({"factor": Decimal("1e999999")}, ("factor", "not_a_number")),
        ({"share": 2}, ("share", "out_of_range")),
        ({"share": Decimal("1e400")}, ("share", "out_of_range")),
        ({"share": True}, ("share", "wrong_type")),
        ({"at": "yesterday"}, ("at", "invalid_value")),
        ({"parts": {}}, ("parts", "wrong_type")),
        ({"parts": [{"partName": "ab"}] * 3}, ("parts", "too_long")),
        ({"parts": [{"partName": "ab", "count": 0}]}, ("parts[0].count", "out_of_range")),
        (
            {"parts": [{"part_name": "ab", "partName": "ab"}]},
            ("parts[0].part_name", "unknown_field"),
        ),
        ({"parts": ["ab"]}, ("parts[0]", "wrong_type")),
        ({"names": {"x": -1}}, ("names.x", "out_of_range")),
        ({"names": {"x": 2**63}}, ("names.x", "out_of_range")),
        ({"auth": {"type": "digest"}}, ("auth.type", "not_one_of")),
        ({"auth": {"user": "u"}}, ("auth.type", "not_one_of")),
        ({"auth": {"type": "basic", "user": "u"}}, ("auth.password", "missing")),
        ({"auth": {"type": "basic", "user": "u", "password": 1}}, ("auth.password", "wrong_type")),
        ({"auth": "basic"}, ("auth", "wrong_type")),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    change: dict[str, Any], fault: tuple[str, str]
) -> None:
    made, faults = read({"name": "abc", **change})

    assert made is REFUSED
    assert faults == {fault}


def test_every_fault_is_told_not_only_the_first() -> None:
    _, faults = read({"mood": 1, "price": "x", "parts": [{"count": 0}, {"partName": "a"}], "z": 1})

    assert faults == {
        ("z", "unknown_field"),
        ("name", "missing"),
        ("mood", "wrong_type"),
        ("price", "not_money"),
        ("parts[0].partName", "missing"),
        ("parts[0].count", "out_of_range"),
        ("parts[1].partName", "wrong_length"),
    }


@pytest.mark.parametrize("raw", [None, 1, "x", [], True])
def test_what_is_no_object_is_refused(raw: Any) -> None:
    assert read(raw)[1] == {("", "wrong_type")}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in msgspec.structs.fields(Thing)]), json_values
    )
)
def test_anything_sent_is_read_or_refused_with_faults(raw: dict[str, Any]) -> None:
    made, faults = read(raw)

    assert (made is REFUSED) == bool(faults)
    if made is not REFUSED:
        again, _ = read(msgspec.to_builtins(made, enc_hook=lambda secret: secret.reveal()))
        assert again == made


@given(json_values, json_values)
def test_a_merge_patch_is_what_the_standard_says(target: Any, patch: Any) -> None:
    merged = merge_patch(target, patch)

    if isinstance(patch, dict):
        for name, value in patch.items():
            if value is None:
                assert name not in merged
            elif not isinstance(value, dict):
                assert merged[name] is value
        kept = target if isinstance(target, dict) else {}
        assert {n: v for n, v in merged.items() if n not in patch} == {
            n: v for n, v in kept.items() if n not in patch
        }
    else:
        assert merged is patch
