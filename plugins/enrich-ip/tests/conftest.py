from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

Write = Callable[..., Path]
PHOENIX: dict[str, Any] = {
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "subdivisions": [{"iso_code": "AZ", "names": {"en": "Arizona"}}],
    "city": {"names": {"de": "Phoenix (Arizona)", "en": "Phoenix"}},
    "postal": {"code": "85003"},
    "location": {"latitude": 33.4484, "longitude": -112.074},
}


def write_database(
    path: Path, networks: Mapping[str, Any] | None = None, *, version: int = 6
) -> Path:
    """Write a database in MaxMind's layout; without ``networks`` of four places."""
    writer = MMDBWriter(
        ip_version=version,
        ipv4_compatible=version == 6,
        database_type="GeoLite2-City",
        languages=["en"],
        description="Made for a test",
    )
    places = {
        "8.8.8.0/24": PHOENIX,
        "81.2.69.0/24": {"country": {"iso_code": "GB"}, "city": {"names": {"en": "London"}}},
        "5.5.5.0/24": {"location": {"latitude": 1.5, "longitude": 2.25}},
        "6.6.6.0/24": {"registered_country": {"iso_code": "US"}, "subdivisions": []},
    }
    if version == 6:
        places["2a02:cf40::/32"] = {"country": {"iso_code": "NO"}}
    for network, record in (networks if networks is not None else places).items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def write() -> Write:
    return write_database


@pytest.fixture(scope="session")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a database of four places."""
    return write_database(tmp_path_factory.mktemp("ip") / "cities.mmdb")
