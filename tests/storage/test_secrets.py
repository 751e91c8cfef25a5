"""Secrets are written, encrypted, and never shown or found in the clear."""

import base64
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec import ConfigurationError, Secret
from leadexec.model.client import Client
from leadexec.security.masked import keep_masked, refuse_leftover_masks
from leadexec.security.secrets import (
    KEPT,
    PREFIX,
    Cipher,
    decrypt_secrets,
    encrypt_secrets,
    is_encrypted,
    mask_secrets,
)
from leadexec.storage.audit import audit_entries

OLD, NEW = b"o" * 32, b"n" * 32
replace = msgspec.structs.replace


class Login(msgspec.Struct, kw_only=True, frozen=True):
    user: str = ""
    password: Secret | None = None


class Logins(msgspec.Struct, kw_only=True, frozen=True):
    main: Login = Login()
    others: tuple[Login, ...] = ()
    named: dict[str, Secret] = {}


@given(st.text().filter(lambda text: not text.startswith(PREFIX)))
def test_every_secret_comes_back_and_is_never_stored_as_it_is(plain: str) -> None:
    cipher = Cipher([OLD])

    stored = cipher.encrypt(plain)

    assert cipher.decrypt(stored) == plain
    assert is_encrypted(stored)
    assert len(plain) < 4 or plain not in stored
    assert cipher.encrypt(plain) != stored


def test_a_plain_secret_in_the_stored_form_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Cipher([OLD]).encrypt(PREFIX + "x")

    assert refused.value.faults[0].code == "secret_form"


def test_after_a_change_of_keys_old_secrets_are_read_and_renewed() -> None:
    stored = Cipher([OLD]).encrypt("hunter2")
    both = Cipher([NEW, OLD])

    renewed = both.renew(stored)

    assert both.decrypt(stored) == "hunter2"
    assert Cipher([NEW]).decrypt(renewed) == "hunter2"
    assert both.renew(renewed) == renewed


@pytest.mark.parametrize("how", ["other key", "tampered", "cut", "plain", "mask"])
def test_what_cannot_be_decrypted_is_refused(how: str) -> None:
    cipher = Cipher([OLD])
    stored = {
        "other key": Cipher([NEW]).encrypt("hunter2"),
        "tampered": cipher.encrypt("hunter2")[:-4] + "AAA=",
        "cut": cipher.encrypt("hunter2")[:-8],
        "plain": "hunter2",
        "mask": KEPT,
    }[how]

    with pytest.raises(ConfigurationError) as refused:
        cipher.decrypt(stored)

    assert refused.value.faults[0].code == "secret_unreadable"
    assert "hunter2" not in str(refused.value)


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"

    stored = Cipher.from_file(path).encrypt("hunter2")

    assert Cipher.from_file(path).decrypt(stored) == "hunter2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["secret.key"]  # noqa: PTH208  names, nothing more


def test_keys_are_read_from_text_the_newest_first() -> None:
    text = f"# keys\n{base64.b64encode(NEW).decode()}\n\n{base64.urlsafe_b64encode(OLD).decode()}\n"

    cipher = Cipher.from_text(text)

    assert cipher.decrypt(Cipher([OLD]).encrypt("x")) == "x"
    assert Cipher([NEW]).decrypt(cipher.encrypt("x")) == "x"


@pytest.mark.parametrize("text", ["", "# nothing", "c2hvcnQ=", "not base64!"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Cipher.from_text(text)

    assert refused.value.faults[0].code == "invalid_secret_key"


def test_secrets_anywhere_in_a_struct_are_encrypted_and_read_again() -> None:
    cipher = Cipher([OLD])
    logins = Logins(
        main=Login(user="u", password=Secret("first!")),
        others=(Login(password=Secret("second!")), Login()),
        named={"k": Secret("third!")},
    )

    data = encrypt_secrets(logins, cipher)

    assert not any(plain in str(data) for plain in ("first!", "second!", "third!"))
    assert decrypt_secrets(data, Logins, cipher) == logins
    assert mask_secrets(data) == {
        "main": {"user": "u", "password": "***"},
        "others": [{"user": "", "password": "***"}, {"user": "", "password": None}],
        "named": {"k": "***"},
    }


def test_a_stored_secret_in_the_clear_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        decrypt_secrets({"password": "hunter2"}, Login, Cipher([OLD]))


def test_a_mask_keeps_the_secret_of_its_own_item_when_a_list_is_reordered() -> None:
    old = [{"key": "a", "token": "lx1:A"}, {"key": "b", "token": "lx1:B"}]

    kept = keep_masked([{"key": "b", "token": "***"}, {"key": "a", "token": "***"}], old)

    assert [item["token"] for item in kept] == ["lx1:B", "lx1:A"]


def test_a_mask_without_a_stored_secret_stays_plain_text() -> None:
    assert keep_masked({"note": "***"}, {"note": "hello"}) == {"note": "***"}


def test_masked_secrets_that_nothing_stands_for_are_all_named() -> None:
    data = encrypt_secrets(
        Logins(main=Login(password=Secret("***")), others=(Login(password=Secret("***")),)),
        Cipher([OLD]),
    )

    with pytest.raises(ConfigurationError) as refused:
        refuse_leftover_masks(keep_masked(data, {"others": []}))

    assert [f.path for f in refused.value.faults] == ["main.password", "others[0].password"]


@pytest.mark.anyio
async def test_a_mask_sent_back_keeps_the_stored_secret(world: Any) -> None:
    await world.create(Client(company="Acme"))
    login = world.Login(user="u", password=Secret("two"))
    settings = {"token": world.cipher.encrypt("three")}
    depot = await world.create(
        world.Depot(name="N", client=1, secret=Secret("one"), login=login, settings=settings)
    )

    masked = world.Login(user="v", password=Secret("***"))
    changed = await world.update(
        replace(depot, secret=Secret("***"), login=masked, settings={"token": "***", "new": 1})
    )

    assert changed.secret == Secret("one")
    assert changed.login == world.Login(user="v", password=Secret("two"))
    assert changed.settings == {**settings, "new": 1}


@pytest.mark.anyio
async def test_a_mask_with_nothing_stored_is_refused(world: Any) -> None:
    await world.create(Client(company="Acme"))

    with pytest.raises(ConfigurationError) as refused:
        await world.create(world.Depot(name="N", client=1, secret=Secret("***")))

    assert [(f.code, f.path) for f in refused.value.faults] == [("secret_missing", "secret")]


@pytest.mark.anyio
async def test_an_unchanged_secret_does_not_look_changed_in_the_audit(world: Any) -> None:
    await world.create(Client(company="Acme"))
    depot = await world.create(world.Depot(name="N", client=1, secret=Secret("one")))

    await world.update(replace(depot, name="M"))

    rows = await world.read(
        lambda c: c.exec_driver_sql("SELECT secret FROM test_plugin__depots").all()
    )
    newest = (await world.read(audit_entries))[0]
    assert newest.old["secret"] == newest.new["secret"] == "***"
    assert world.cipher.decrypt(rows[0][0]) == "one"


@pytest.mark.anyio
async def test_no_secret_is_found_in_the_database_in_the_clear(
    world: Any, database_url: str
) -> None:
    await world.create(Client(company="a company in the clear"))
    plain = "correct-horse-battery"
    login = world.Login(password=Secret(plain))
    depot = await world.create(
        world.Depot(name="N", client=1, secret=Secret(plain), login=login, logins=(login,))
    )
    await world.update(replace(depot, name="M", secret=Secret(plain + "2")))
    await world.delete(world.Depot, depot.id)

    content = await everything_stored(world, database_url)

    assert b"a company in the clear" in content
    assert plain.encode() not in content


async def everything_stored(world: Any, database_url: str) -> bytes:
    if world.store.database.dialect == "sqlite":
        path = Path(database_url.removeprefix("sqlite:///"))
        return b"".join(p.read_bytes() for p in path.parent.glob(path.name + "*"))
    names = await world.read(
        lambda c: c.exec_driver_sql("SELECT relname FROM pg_stat_user_tables").scalars().all()
    )
    rows = [
        await world.read(
            lambda c, name=name: c.exec_driver_sql(f'SELECT t::text FROM "{name}" t').all()
        )
        for name in names
    ]
    return str(rows).encode()
