"""Which entities one app has: the kernel's and those that its plugins contribute."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from leadexec.errors import ConfigurationError, Fault
from leadexec.model.access import ApiCredential, Role, User
from leadexec.model.account_settings import AccountSettings
from leadexec.model.client import Client
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import Entity, EntitySpec, Ref, fields_of, spec_of
from leadexec.model.groups import CampaignGroup, ExclusiveGroup
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, LeadSource

KERNEL_ENTITIES: Final[tuple[type[Entity], ...]] = (
    AccountSettings,
    LeadType,
    Role,
    User,
    Client,
    ExclusiveGroup,
    CampaignGroup,
    LeadSource,
    Campaign,
    ConfiguredDeliveryMethod,
    DeliveryAccount,
    ApiCredential,
)


class EntityRegistry:
    """The entities of one app, by name, by plural and by Struct; frozen once it is made."""

    def __init__(self, contributed: Iterable[tuple[str, type[Entity]]] = ()) -> None:
        """Gather the kernel's entities and those ``contributed`` as (plugin name, Struct).

        Raises:
            ConfigurationError: Every clash of names, naming both owners, every Struct that is not
                declared with ``@entity`` and every ``Ref`` to an entity that nobody has.
        """
        self._by_name: dict[str, EntitySpec] = {}
        self._by_plural: dict[str, EntitySpec] = {}
        self._by_struct: dict[type[Entity], EntitySpec] = {}
        faults: list[Fault] = []
        for struct in KERNEL_ENTITIES:
            self._add("", struct, faults)
        for owner, struct in contributed:
            self._add(owner, struct, faults)
        faults.extend(self._dangling())
        if faults:
            raise ConfigurationError(faults)

    def __iter__(self) -> Iterator[EntitySpec]:
        """Iterate over all specs, in order of registration."""
        return iter(self._by_name.values())

    def named(self, name: str) -> EntitySpec | None:
        """Return the entity with that singular name (what ``Ref`` says), or None."""
        return self._by_name.get(name)

    def plural(self, plural: str) -> EntitySpec | None:
        """Return the entity with that plural, or None."""
        return self._by_plural.get(plural)

    def of(self, struct: type[Entity]) -> EntitySpec:
        """Return the spec of a Struct that is registered here.

        Raises:
            KeyError: If it is not.
        """
        return self._by_struct[struct]

    def _add(self, owner: str, struct: type[Entity], faults: list[Fault]) -> None:
        try:
            spec = replace(spec_of(struct), owner=owner)
        except TypeError as error:
            faults.append(Fault(code="not_an_entity", path=f"plugins.{owner}", message=f"{error}."))
            return
        taken = self._by_name.get(spec.name) or self._by_plural.get(spec.plural)
        if taken is not None:
            faults.append(_clash(spec, taken))
            return
        self._by_name[spec.name] = spec
        self._by_plural[spec.plural] = spec
        self._by_struct[struct] = spec

    def _dangling(self) -> Iterator[Fault]:
        for spec in self:
            for field in fields_of(spec.struct):
                mark = field.mark(Ref)
                if mark is not None and mark.entity not in self._by_name:
                    yield Fault(
                        code="unknown_entity",
                        path=f"{spec.name}.{field.name}",
                        message=f"It refers to the entity {mark.entity!r}, which nobody has.",
                    )


def _clash(spec: EntitySpec, taken: EntitySpec) -> Fault:
    return Fault(
        code="entity_clash",
        path=f"plugins.{spec.owner}" if spec.owner else spec.name,
        message=(
            f"The entity {spec.name!r} ({spec.plural}) of {spec.owner or 'the kernel'} clashes "
            f"with {taken.name!r} ({taken.plural}) of {taken.owner or 'the kernel'}; "
            f"disable one of the two plugins."
        ),
    )
