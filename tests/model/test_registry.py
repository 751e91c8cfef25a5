import pytest

from leadexec import ConfigurationError, Entity, entity
from leadexec.model.client import Client
from leadexec.model.registry import KERNEL_ENTITIES, EntityRegistry


@entity(name="client", plural="customers", title="Customer")
class SameName(Entity, kw_only=True, frozen=True):
    name: str


@entity(name="customer", plural="clients", title="Customer")
class SamePlural(Entity, kw_only=True, frozen=True):
    name: str


class Undeclared(Entity, kw_only=True, frozen=True):
    name: str


def test_the_kernels_entities_are_found_by_name_plural_and_struct() -> None:
    registry = EntityRegistry()

    assert [spec.struct for spec in registry] == list(KERNEL_ENTITIES)
    found = registry.of(Client)
    assert registry.named("client") is found
    assert registry.plural("clients") is found
    assert registry.named("nobody") is None


def test_clashes_name_both_owners_and_are_all_listed() -> None:
    with pytest.raises(ConfigurationError) as refused:
        EntityRegistry([("one", SameName), ("two", SamePlural), ("three", Undeclared)])

    assert [(f.code, f.path) for f in refused.value.faults] == [
        ("entity_clash", "plugins.one"),
        ("entity_clash", "plugins.two"),
        ("not_an_entity", "plugins.three"),
    ]
    assert "one" in refused.value.faults[0].message
    assert "the kernel" in refused.value.faults[0].message
