"""Filling in the secrets that somebody sent back as masks, because they edited something else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from leadexec.errors import ConfigurationError, Fault
from leadexec.model.secret import MASK
from leadexec.security.secrets import KEPT, Cipher, is_encrypted

_IDENTITIES: Final = ("id", "key", "name", "to", "validator", "script", "strategy", "type", "field")
"""What tells the items of a list apart, so that a mask keeps its own item's secret when the list
is reordered; the first that an item has."""


def keep_masked(new: Any, old: Any, cipher: Cipher | None = None) -> Any:
    """Return ``new`` with every mask replaced by the stored secret in the same place of ``old``.

    Args:
        new: Plain data as ``encrypt_secrets`` returns it, or as an API caller sent it.
        old: The stored data; None if there is none.
        cipher: Given, a secret that was sent again unchanged keeps its stored text, so that it
            does not look changed.
    """
    if isinstance(new, str) and is_encrypted(old):
        return old if new in (MASK, KEPT) or _same_secret(new, old, cipher) else new
    if isinstance(new, Mapping):
        before = old if isinstance(old, Mapping) else {}
        return {key: keep_masked(item, before.get(key), cipher) for key, item in new.items()}
    if isinstance(new, list | tuple):
        partners = _pair(new, old if isinstance(old, list | tuple) else ())
        return [
            keep_masked(item, partner, cipher) for item, partner in zip(new, partners, strict=True)
        ]
    return new


def refuse_leftover_masks(data: Any) -> None:
    """Raise if a secret in ``data`` is still only a mask: there is nothing that it could keep.

    Raises:
        ConfigurationError: ``secret_missing``, one fault per place.
    """
    faults = [
        Fault(code="secret_missing", path=path, message="Nothing is stored that it could keep.")
        for path in _leftovers(data, "")
    ]
    if faults:
        raise ConfigurationError(faults)


def _leftovers(data: Any, path: str) -> Iterator[str]:
    if data == KEPT:
        yield path
    elif isinstance(data, Mapping):
        for key, item in data.items():
            yield from _leftovers(item, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list | tuple):
        for index, item in enumerate(data):
            yield from _leftovers(item, f"{path}[{index}]")


def _pair(new: Sequence[Any], old: Sequence[Any]) -> list[Any]:
    """Return for each item of ``new`` its former self: by what identifies it, else by place."""
    named: dict[Any, list[Any]] = {}
    for item in old:
        named.setdefault(_identity(item), []).append(item)
    pairs: list[Any] = []
    for index, item in enumerate(new):
        identity = _identity(item)
        if identity is not None:
            candidates = named.get(identity)
            pairs.append(candidates.pop(0) if candidates else None)
        else:
            pairs.append(old[index] if len(old) == len(new) else None)
    return pairs


def _identity(item: Any) -> tuple[str, str] | None:
    if not isinstance(item, Mapping):
        return None
    return next(((key, str(item[key])) for key in _IDENTITIES if key in item), None)


def _same_secret(new: str, old: str, cipher: Cipher | None) -> bool:
    if cipher is None or not is_encrypted(new):
        return False
    try:
        return cipher.decrypt(new) == cipher.decrypt(old)
    except ConfigurationError:  # an old secret whose key is lost differs from every new one
        return False
