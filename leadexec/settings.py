"""The settings file: one Struct from which checking, docs and the command line are made."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from leadexec.delivery.breaker import DeliverySettings
from leadexec.errors import ConfigurationError, Fault
from leadexec.http.parts import HttpSettings
from leadexec.model.findings import Reading
from leadexec.model.reading import read_struct
from leadexec.plugins import PluginSelection
from leadexec.storage.database import StorageSettings

FILE = "leadexec.toml"
PREFIX = "LEADEXEC_"


class NetworkSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where requests to buyers may go."""

    allow_private: Annotated[
        tuple[str, ...],
        Meta(
            title="Private networks that may be called",
            description="CIDR. All other private and link-local addresses are refused at connect",
            examples=[["10.1.2.0/24"]],
        ),
    ] = ()
    connections: Annotated[int, Meta(title="Outbound connections at once", ge=1, le=10_000)] = 200


class JobSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How jobs are run in this process."""

    run: Annotated[
        bool,
        Meta(
            title="Run jobs here",
            description="Off where 'leadexec worker' processes run them",
        ),
    ] = True
    at_once: Annotated[int, Meta(title="Jobs at once", ge=1, le=10_000)] = 64
    lease_seconds: Annotated[
        int,
        Meta(
            title="Lease",
            ge=3,
            description="Seconds a job stays with a process that says nothing more",
        ),
    ] = 60
    poll_seconds: Annotated[
        float, Meta(title="Look for others' jobs", gt=0, description="Every so many seconds")
    ] = 1.0


class IntakeSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What posts may be."""

    body_limit: Annotated[
        int,
        Meta(title="Largest post", ge=1024, description="In bytes; more is answered with 413"),
    ] = 1_048_576
    list_limit: Annotated[int, Meta(title="Leads per post", ge=1, le=100_000)] = 1_000
    answer_seconds: Annotated[
        float,
        Meta(
            title="Time to deliver before the answer",
            gt=0,
            description="For campaigns that do not use the delivery queue (LS13)",
        ),
    ] = 25.0


class LookupSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which lookup answers which kind of question; none: an offline one, if a plugin has it."""

    phone: Annotated[str | None, Meta(title="Phone numbers")] = None
    email: Annotated[str | None, Meta(title="Mailboxes")] = None
    address: Annotated[str | None, Meta(title="Postal addresses")] = None
    place: Annotated[str | None, Meta(title="Places of postal codes")] = None
    ip: Annotated[str | None, Meta(title="IP addresses")] = None

    def wanted(self) -> dict[str, str]:
        """Return kind of question → key of the lookup, where one is named."""
        named = {kind: getattr(self, kind) for kind in self.__struct_fields__}
        return {kind: key for kind, key in named.items() if key}


class PluginSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which installed plugins load; each one's own settings stand in ``[plugins.<name>]``."""

    only: Annotated[
        tuple[str, ...] | None, Meta(title="Only these", description="None: all installed")
    ] = None
    disable: Annotated[tuple[str, ...], Meta(title="Not these")] = ()


class Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Everything that is set outside the database."""

    data: Annotated[
        str, Meta(title="Data directory", description="For the embedded database and the key file")
    ] = "leadexec-data"
    database: Annotated[
        str,
        Meta(
            title="Database URL",
            description="Empty: leadexec.sqlite3 in the data directory",
            examples=["postgresql://leadexec@localhost:5432/leadexec"],
        ),
    ] = ""
    secret_keys: Annotated[
        str,
        Meta(
            title="Keys for secrets",
            description="Base64, 32 bytes each, one a line, newest first; empty: the key file "
            "in the data directory",
        ),
    ] = ""
    log: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(title="Log", description="The least that is written, on standard error"),
    ] = "info"
    http: Annotated[HttpSettings, Meta(title="HTTP")] = HttpSettings()
    storage: Annotated[StorageSettings, Meta(title="Database connections")] = StorageSettings()
    network: Annotated[NetworkSettings, Meta(title="Requests to buyers")] = NetworkSettings()
    jobs: Annotated[JobSettings, Meta(title="Jobs")] = JobSettings()
    intake: Annotated[IntakeSettings, Meta(title="Posts")] = IntakeSettings()
    delivery: Annotated[DeliverySettings, Meta(title="Deliveries")] = DeliverySettings()
    lookups: Annotated[LookupSettings, Meta(title="Lookups")] = LookupSettings()
    plugins: Annotated[PluginSettings, Meta(title="Plugins")] = PluginSettings()
    plugin_settings: Annotated[
        dict[str, dict[str, Any]],
        Meta(title="Settings of plugins", description="Written as [plugins.<name>] in the file"),
    ] = {}

    @property
    def database_url(self) -> str:
        """The database's URL, the embedded default filled in."""
        if self.database:
            return self.database
        return f"sqlite:///{Path(self.data).resolve() / 'leadexec.sqlite3'}"

    def selection(self, *, safe_mode: bool = False) -> PluginSelection:
        """Return which plugins load and with what settings."""
        return PluginSelection(
            only=self.plugins.only,
            disable=self.plugins.disable,
            settings=self.plugin_settings,
            safe_mode=safe_mode,
        )


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings of the file at ``path`` with those of the environment laid over them.

    Args:
        path: A TOML file; None: ``$LEADEXEC_CONFIG``, else ``leadexec.toml`` here if there is one.
        environment: ``LEADEXEC_HTTP__PORT=8080`` sets ``port`` in ``[http]``; None: the process's.

    Raises:
        ConfigurationError: What cannot be read, every unknown key, every bad value.
    """
    environment = os.environ if environment is None else environment
    chosen = _chosen(path, environment)
    raw = _read(chosen, must_exist=chosen is not None)
    for name, text in _variables(environment):
        _lay(raw, _path_of(name), text)
    return _convert(raw)


def origins(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return where each setting that is not a default comes from.

    Args:
        path: As ``load_settings`` takes it.
        environment: As ``load_settings`` takes it.

    Returns:
        Dotted path (``http.port``, ``plugins.fields.x``) → the file or the variable.
    """
    environment = os.environ if environment is None else environment
    chosen = _chosen(path, environment)
    file = str(chosen or FILE)
    found = dict.fromkeys(_leaves(_read(chosen, must_exist=chosen is not None)), file)
    for name, _ in _variables(environment):
        found[".".join(_path_of(name))] = f"${name}"
    return found


def _chosen(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = environment.get("LEADEXEC_CONFIG")
    return path or (Path(named) if named is not None else None)


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in environment.items():
        if name.startswith(PREFIX) and name not in _OTHER:
            yield name, text


def _path_of(variable: str) -> list[str]:
    parts = variable.removeprefix(PREFIX).lower().split("__")
    if parts[0] == "plugins" and len(parts) > 2:
        parts[1] = parts[1].replace("_", "-")  # a variable's name cannot have a plugin's hyphens
    return parts


def _leaves(raw: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in raw.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


_OTHER = frozenset({"LEADEXEC_CONFIG", "LEADEXEC_REQUIRE_SERVICES", "LEADEXEC_TEST_POSTGRESQL"})
"""Variables of ours that are no settings."""


def _read(path: Path | None, *, must_exist: bool) -> dict[str, Any]:
    file = path or Path(FILE)
    if not must_exist and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError.single("unreadable", str(file), f"{error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError.single("not_toml", str(file), f"{error}.") from None


def _lay(raw: dict[str, Any], path: list[str], text: str) -> None:
    target = raw
    for part in path[:-1]:
        if not isinstance(target.setdefault(part, {}), dict):
            target[part] = {}  # the variable goes before what the file says instead of a table
        target = target[part]
    try:
        target[path[-1]] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        target[path[-1]] = text


def _convert(raw: dict[str, Any]) -> Settings:
    reading = Reading()
    read = read_struct(Settings, _shaped(raw, reading), "", reading)
    network = raw.get("network")
    reading.faults.extend(_bad_networks(network if isinstance(network, dict) else {}))
    if reading.faults or not isinstance(read, Settings):
        raise ConfigurationError(reading.faults)
    return read


def _shaped(raw: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Return ``raw`` with each plugin's own settings apart from what ``[plugins]`` says itself."""
    given = raw.get("plugins", {})
    if not isinstance(given, dict):
        reading.refuse("wrong_type", "plugins", "It must be a table: [plugins].")
        given = {}
    own = dict(given)
    general = {key: own.pop(key) for key in ("only", "disable") if key in own}
    for name in [name for name, settings in own.items() if not isinstance(settings, dict)]:
        text = f"There is no such setting; a plugin's own stand in [plugins.{name}]."
        reading.refuse("unknown_field", f"plugins.{name}", text)
        del own[name]
    return {**raw, "plugins": general, "plugin_settings": own}


def _bad_networks(network: Mapping[str, Any]) -> list[Fault]:
    faults = []
    listed = network.get("allow_private", ())
    texts = listed if isinstance(listed, list) else ()
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            continue  # told already
        try:
            ip_network(text)
        except ValueError as error:
            path = f"network.allow_private[{index}]"
            faults.append(Fault(code="bad_network", path=path, message=f"{error}."))
    return faults
