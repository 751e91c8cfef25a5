"""The plugin as the kernel sees it."""

from importlib.metadata import entry_points

from leadexec_fields.plugin import FieldsPlugin

from leadexec import FieldType, NoSettings
from leadexec.testing import fake_services


def test_the_plugin_contributes_every_field_type_of_the_product() -> None:
    plugin = FieldsPlugin(NoSettings(), fake_services())

    types = plugin.register_field_types()

    assert {made.key: made.title for made in types} == {
        "text": "Text",
        "phone": "US/Canada phone number",
        "email": "Email",
        "money": "Money",
        "percentage": "Percentage",
        "decimal": "Number with decimals",
        "integer": "Number without decimals",
        "large_integer": "Large number without decimals",
        "calculated": "Calculated Expression",
        "yes_no": "Yes / No",
        "datetime": "Date / Time",
        "postal_code": "Postal code",
        "us_state": "US state",
        "province": "Province",
        "dropdown": "Dropdown",
        "sub_fields": "Sub fields",
    }
    assert len(types) == 16
    assert all(issubclass(made, FieldType) for made in types)


def test_the_entry_point_names_the_plugin() -> None:
    (point,) = entry_points(group="leadexec", name="fields")

    assert point.load() is FieldsPlugin
