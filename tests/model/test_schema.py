import re
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from leadexec import Money, Secret
from leadexec.model.entity import spec_of
from leadexec.model.schema import entity_schemas, example_of, field_docs, schemas_of
from leadexec.model.source import Campaign


class Base(msgspec.Struct, kw_only=True, frozen=True):
    """What both have."""

    count: int = 0
    """How many
    there are."""


class Shape(Base, kw_only=True, frozen=True):
    """A shape."""

    name: Annotated[str, Meta(description="Said by the annotation")]
    """Said by the docstring."""
    price: Money = Decimal(0)
    password: Secret | None = None


def test_docstrings_of_structs_and_fields_are_merged_in() -> None:
    (reference,), components = schemas_of([Shape])

    schema = components["Shape"]
    assert reference == {"$ref": "#/components/schemas/Shape"}
    assert schema["description"] == "A shape."
    assert schema["properties"]["count"]["description"] == "How many\nthere are."
    assert schema["properties"]["name"]["description"] == "Said by the annotation"
    assert schema["additionalProperties"] is False


def test_money_may_be_text_or_a_number_and_a_secret_is_a_password() -> None:
    properties = schemas_of([Shape])[1]["Shape"]["properties"]

    assert properties["price"]["type"] == ["string", "number"]
    assert re.match(properties["price"]["pattern"], "12.3456")
    assert not re.match(properties["price"]["pattern"], "-1")
    assert {"type": "null"} in properties["password"]["anyOf"]
    assert any(option.get("format") == "password" for option in properties["password"]["anyOf"])


def test_a_struct_without_source_has_no_field_docs() -> None:
    made = msgspec.defstruct("Made", [("x", int)])

    assert field_docs(made) == {}


def test_what_is_sent_leaves_out_what_the_system_sets() -> None:
    spec = spec_of(Campaign)
    schemas = entity_schemas(spec, schemas_of([Campaign])[1]["Campaign"])

    assert "id" not in schemas["CampaignWrite"]["properties"]
    assert "revision" in schemas["CampaignWrite"]["properties"]
    assert schemas["CampaignWrite"]["required"] == ["name", "lead_source", "lead_type"]
    assert schemas["CampaignPatch"]["required"] == []


def test_an_example_fills_what_is_required() -> None:
    assert example_of(Campaign) == {"name": "Example", "lead_source": 1, "lead_type": 1}
