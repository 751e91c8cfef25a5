"""The fixture of a running system on SQLite."""

from tests.system.conftest import sqlite_world as sqlite_world
