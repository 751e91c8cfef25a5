import os
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from leadexec_enrich_ip.lookup import MaxmindFile, MaxmindSettings, public_address

from leadexec import ConfigurationError, IpFacts, IpQuestion, UnavailableError
from leadexec.testing import FakeClock, LookupContract, fake_services

Write = Callable[..., Path]


class TestMaxmindFileConformance(LookupContract):
    component = MaxmindFile
    questions = (
        IpQuestion(address="8.8.8.8"),
        IpQuestion(address="81.2.69.142"),
        IpQuestion(address="2a02:cf40::1"),
    )

    @pytest.fixture(autouse=True)
    def _with_and_without_a_file(self, cities: Path) -> None:
        type(self).examples = ({}, {"file": str(cities)})
        type(self).bad_settings = ({"file": __file__}, {"file": str(cities.parent)}, {"file": 1})


def a_lookup(path: Path | str, clock: FakeClock | None = None) -> MaxmindFile:
    services = fake_services(clock=clock or FakeClock())
    return MaxmindFile(MaxmindSettings(file=str(path)), services)


async def country(lookup: MaxmindFile, address: str = "8.8.8.8") -> str | None:
    facts = await lookup.look_up(IpQuestion(address=address))
    return facts.country if facts else None


def in_country(code: str) -> dict[str, Any]:
    return {"8.8.8.0/24": {"country": {"iso_code": code}}}


@pytest.mark.anyio
async def test_an_address_has_its_country_state_city_postal_code_and_position(cities: Path) -> None:
    assert await a_lookup(cities).look_up(IpQuestion(address="8.8.8.8")) == IpFacts(
        country="US",
        state="AZ",
        city="Phoenix",
        postal_code="85003",
        latitude=Decimal("33.4484"),
        longitude=Decimal("-112.074"),
    )


@pytest.mark.anyio
async def test_what_the_file_does_not_have_is_not_known(cities: Path) -> None:
    lookup = a_lookup(cities)
    found = await lookup.look_up(IpQuestion(address="81.2.69.142"))
    assert found == IpFacts(country="GB", city="London")
    assert await lookup.look_up(IpQuestion(address="9.9.9.9")) is None


@pytest.mark.anyio
async def test_where_an_address_is_registered_is_not_where_it_is(cities: Path) -> None:
    assert await a_lookup(cities).look_up(IpQuestion(address="6.6.6.6")) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    "record",
    [
        "US",
        ["US"],
        {"country": "US"},
        {"country": {"iso_code": 1}, "subdivisions": {"0": {}}, "city": {"names": ["London"]}},
        {"location": {"latitude": True, "longitude": "2"}},
        {"location": {"latitude": float("nan"), "longitude": float("inf")}},
    ],
)
async def test_a_file_laid_out_in_another_way_says_nothing(
    tmp_path: Path, write: Write, record: Any
) -> None:
    path = write(tmp_path / "odd.mmdb", {"8.8.8.0/24": record})
    assert await a_lookup(path).look_up(IpQuestion(address="8.8.8.8")) is None


@pytest.mark.anyio
async def test_a_known_proxy_is_said_to_be_one(tmp_path: Path, write: Write) -> None:
    record = {"traits": {"is_anonymous_proxy": True}}
    path = write(tmp_path / "traits.mmdb", {"8.8.8.0/24": record})
    assert await a_lookup(path).look_up(IpQuestion(address="8.8.8.8")) == IpFacts(proxy=True)


@pytest.mark.anyio
@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", " 8.8.8.8 "])
async def test_an_address_may_be_written_in_several_ways(cities: Path, address: str) -> None:
    assert await country(a_lookup(cities), address) == "US"


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "192.168.0.1", "172.16.0.1", "127.0.0.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "203.0.113.7"),
        *("::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::", "ff02::1", "::ffff:10.0.0.1"),
        *("8.8.8", "8.8.8.8.8", "08.8.8.8", "8.8.8.8/24", "0x8.8.8.8", "\u0668.8.8.8", "host"),
    ],
)
def test_an_address_that_nobody_has_for_himself_is_not_looked_up(address: str) -> None:
    assert public_address(address) == ""


@pytest.mark.anyio
async def test_a_private_address_is_answered_without_looking_at_the_file(tmp_path: Path) -> None:
    lookup = a_lookup(tmp_path / "nowhere.mmdb")
    assert await lookup.look_up(IpQuestion(address="10.1.2.3")) is None


@pytest.mark.anyio
async def test_a_file_of_old_addresses_knows_nothing_of_new_ones(
    tmp_path: Path, write: Write
) -> None:
    lookup = a_lookup(write(tmp_path / "four.mmdb", version=4))
    assert await country(lookup, "8.8.8.8") == "US"
    assert await country(lookup, "2a02:cf40::1") is None


@pytest.mark.anyio
async def test_without_a_file_in_the_settings_nothing_is_known() -> None:
    assert await country(a_lookup("")) is None
    assert await country(a_lookup("  ")) is None


@pytest.mark.anyio
async def test_a_file_that_is_not_there_yet_could_not_be_asked_until_it_is(
    tmp_path: Path, write: Write
) -> None:
    clock, path = FakeClock(), tmp_path / "late.mmdb"
    lookup = a_lookup(path, clock)
    with pytest.raises(UnavailableError, match=r"late\.mmdb"):
        await country(lookup)
    write(path)
    clock.advance(60)
    assert await country(lookup) == "US"


@pytest.mark.anyio
async def test_a_file_that_was_replaced_is_taken_up_after_a_minute(
    tmp_path: Path, write: Write
) -> None:
    clock, path = FakeClock(), write(tmp_path / "now.mmdb", in_country("US"))
    lookup = a_lookup(path, clock)
    assert await country(lookup) == "US"
    write(tmp_path / "new.mmdb", in_country("CA")).replace(path)
    clock.advance(59)
    assert await country(lookup) == "US"
    clock.advance(1)
    assert await country(lookup) == "CA"


@pytest.mark.anyio
async def test_a_file_that_was_overwritten_in_place_is_taken_up_too(
    tmp_path: Path, write: Write
) -> None:
    clock, path = FakeClock(), write(tmp_path / "now.mmdb", in_country("US"))
    os.utime(path, (1, 1))
    lookup = a_lookup(path, clock)
    assert await country(lookup) == "US"
    shutil.copyfile(write(tmp_path / "new.mmdb", in_country("CA")), path)
    assert await country(lookup) == "US"
    clock.advance(60)
    assert await country(lookup) == "CA"


@pytest.mark.anyio
async def test_a_copy_that_is_only_half_there_leaves_the_earlier_one_in_use(
    tmp_path: Path, write: Write
) -> None:
    clock, path = FakeClock(), write(tmp_path / "now.mmdb", in_country("US"))
    lookup = a_lookup(path, clock)
    assert await country(lookup) == "US"
    whole = write(tmp_path / "new.mmdb", in_country("CA")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    clock.advance(60)
    assert await country(lookup) == "US"
    path.write_bytes(whole)
    clock.advance(60)
    assert await country(lookup) == "CA"


@pytest.mark.anyio
async def test_a_file_that_was_taken_away_is_no_longer_used(tmp_path: Path, write: Write) -> None:
    clock, path = FakeClock(), write(tmp_path / "now.mmdb")
    lookup = a_lookup(path, clock)
    assert await country(lookup) == "US"
    path.unlink()
    clock.advance(60)
    with pytest.raises(UnavailableError):
        await country(lookup)


def test_a_file_that_is_no_database_is_refused_at_the_start(tmp_path: Path) -> None:
    for content in (b"", b"\x1f\x8b packed", b"\xab\xcd\xefMaxMind.com", bytes(10_000)):
        path = tmp_path / "bad.mmdb"
        path.write_bytes(content)
        with pytest.raises(ConfigurationError) as caught:
            a_lookup(path)
        (fault,) = caught.value.faults
        assert (fault.code, fault.path) == ("not_a_maxmind_file", "file")
