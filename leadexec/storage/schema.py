"""All kernel tables: importing this module completes ``kernel_metadata``."""

from leadexec.storage import configuration_tables, tables
from leadexec.storage.entity_tables import KERNEL_TABLES
from leadexec.storage.metadata import kernel_metadata

__all__ = ["KERNEL_TABLES", "configuration_tables", "kernel_metadata", "tables"]
