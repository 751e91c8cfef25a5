"""Secrets at rest: AES-256-GCM with named keys, so that keys can be changed (``PF9``).

A stored secret reads ``lx1:<key id>:<nonce and ciphertext>``. That form is what the functions here
go by: what begins with ``lx1:`` is a stored secret, and no plain secret may.
"""

import base64
import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadexec.errors import ConfigurationError
from leadexec.model.secret import MASK, Secret

T = TypeVar("T")

PREFIX: Final = "lx1:"
KEPT: Final = PREFIX + MASK
"""Stands for a masked secret that was sent back, until ``keep_masked`` finds what it stands for."""
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Cipher:
    """Encrypts with the first of its keys, decrypts with any of them."""

    def __init__(
        self, keys: Sequence[bytes], random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        """Use ``keys`` of 32 bytes each, the newest first.

        Args:
            keys: At least one.
            random_bytes: Makes nonces. Not the services' randomness: a fake one that repeats
                itself would give the key away.

        Raises:
            ConfigurationError: ``invalid_secret_key``.
        """
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise _refuse("invalid_secret_key", "A key is 32 bytes, written in base64.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])
        self._first = keys[0]
        self._random_bytes = random_bytes

    def installation_key(self) -> bytes:
        """Return the newest key, from which keys for other uses are derived (RFC 5869)."""
        return self._first

    @classmethod
    def from_text(cls, text: str) -> "Cipher":
        """Return the cipher of the keys in ``text``: base64, one a line, the newest first.

        Lines that begin with ``#`` are remarks.

        Raises:
            ConfigurationError: ``invalid_secret_key``.
        """
        lines = [line.strip() for line in text.splitlines()]
        try:
            keys = [
                base64.b64decode(line.replace("-", "+").replace("_", "/"), validate=True)
                for line in lines
                if line and not line.startswith("#")
            ]
        except ValueError:
            keys = []
        return cls(keys)

    @classmethod
    def from_file(cls, path: Path) -> "Cipher":
        """Return the cipher of the key file at ``path``, which is made if there is none (0600).

        Raises:
            ConfigurationError: ``invalid_secret_key``.
        """
        if not path.exists():
            _create_key_file(path)
        return cls.from_text(path.read_text(encoding="ascii"))

    def encrypt(self, plain: str) -> str:
        """Return ``plain`` in the form in which it is stored.

        Raises:
            ConfigurationError: ``secret_form``, if it begins as stored secrets do.
        """
        if plain.startswith(PREFIX):
            raise _refuse("secret_form", f"A secret cannot begin with {PREFIX!r}.")
        nonce = self._random_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain.encode(), None)
        return f"{PREFIX}{self._current}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str) -> str:
        """Return the plain text of what ``encrypt`` returned.

        Raises:
            ConfigurationError: ``secret_unreadable``: not a stored secret, made with a key that is
                not here, or tampered with.
        """
        if not is_encrypted(stored):
            raise _refuse("secret_unreadable", "A secret is stored in the clear; save it again.")
        key_id, _, payload = stored.removeprefix(PREFIX).partition(":")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise _refuse(
                "secret_unreadable",
                f"A stored secret needs the key {key_id[:8]!r}, which is not among the keys here.",
            )
        try:
            raw = base64.urlsafe_b64decode(payload)
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            raise _refuse("secret_unreadable", "A stored secret was tampered with.") from None

    def renew(self, stored: str) -> str:
        """Return the same secret under the newest key; unchanged if it is already."""
        if stored.startswith(f"{PREFIX}{self._current}:"):
            return stored
        return self.encrypt(self.decrypt(stored))


def encrypt_secrets(value: Any, cipher: Cipher) -> Any:
    """Return ``value`` (a Struct, or anything made of them) as plain data with secrets encrypted.

    A ``Secret`` that is only the mask becomes ``KEPT``, for ``keep_masked`` to fill in.

    Raises:
        ConfigurationError: ``secret_form``.
    """

    def encrypt(item: Any) -> Any:
        if isinstance(item, Secret):
            return KEPT if item.masked else cipher.encrypt(item.reveal())
        message = f"{type(item).__qualname__} cannot be stored"
        raise NotImplementedError(message)

    return msgspec.to_builtins(value, enc_hook=encrypt)


def decrypting_hook(cipher: Cipher) -> Callable[[type[Any], Any], Any]:
    """Return a ``dec_hook`` for ``msgspec.convert`` that reads what ``encrypt_secrets`` wrote."""

    def decrypt(type_: type[Any], value: Any) -> Any:
        if type_ is Secret and isinstance(value, str):
            return Secret(cipher.decrypt(value))
        message = f"{type_.__qualname__} cannot be read from storage"
        raise NotImplementedError(message)

    return decrypt


def decrypt_secrets(data: Any, into: type[T], cipher: Cipher) -> T:
    """Return the ``into`` that ``encrypt_secrets`` made ``data`` of.

    Raises:
        ConfigurationError: ``secret_unreadable``.
        msgspec.ValidationError: The data is not of that type.
    """
    return msgspec.convert(data, into, dec_hook=decrypting_hook(cipher))


def is_encrypted(value: Any) -> bool:
    """Return whether ``value`` is a stored secret."""
    return isinstance(value, str) and value.startswith(PREFIX) and value != KEPT


def mask_secrets(data: Any) -> Any:
    """Return ``data`` with every stored secret replaced by the mask, for showing it."""
    if isinstance(data, str):
        return MASK if data.startswith(PREFIX) else data
    if isinstance(data, dict):
        return {key: mask_secrets(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [mask_secrets(item) for item in data]
    return data


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"leadexec key id" + key).hexdigest()[:8]


def _create_key_file(path: Path) -> None:
    """Write a new key so that the file is never half written, and the first of two writers wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()
    with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as draft:
        draft.write(f"# Keep this file: without it no stored secret can be read.\n{key}\n")
        draft.flush()
        os.fsync(draft.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)


def _refuse(code: str, message: str) -> ConfigurationError:
    return ConfigurationError.single(code, "", message)
