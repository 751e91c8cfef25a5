"""The plugin: contributes the field types."""

from collections.abc import Sequence
from typing import Any

from leadexec import FieldType, NoSettings, Plugin, hookimpl
from leadexec_fields.calculated import CalculatedType
from leadexec_fields.groups import SubFieldsType
from leadexec_fields.simple import SIMPLE_TYPES


class FieldsPlugin(Plugin[NoSettings]):
    """Contributes the sixteen types of lead fields (``LT4``)."""

    @hookimpl
    def register_field_types(self) -> Sequence[type[FieldType[Any]]]:
        """Return all field types of this package."""
        return (*SIMPLE_TYPES.values(), CalculatedType, SubFieldsType)
