"""The fixtures of running systems."""

from tests.system.conftest import portal, portal_world, sqlite_url, sqlite_world

__all__ = ["portal", "portal_world", "sqlite_url", "sqlite_world"]
