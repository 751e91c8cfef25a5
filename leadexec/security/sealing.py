"""Component settings at rest: their secrets encrypted, masks filled in from what is stored."""

from collections.abc import Mapping
from typing import Any

import msgspec

from leadexec.security.masked import keep_masked, refuse_leftover_masks
from leadexec.security.secrets import Cipher, decrypt_secrets, encrypt_secrets


class SettingsSealer:
    """Seals and opens settings with one cipher."""

    def __init__(self, cipher: Cipher) -> None:
        """Use ``cipher``."""
        self._cipher = cipher

    def seal(self, settings: msgspec.Struct, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return ``settings`` as they are stored; a mask keeps the secret in ``stored``.

        Raises:
            ConfigurationError: ``secret_missing``: a mask has nothing to keep; ``secret_form``.
        """
        sealed: dict[str, Any] = keep_masked(
            encrypt_secrets(settings, self._cipher), stored, self._cipher
        )
        refuse_leftover_masks(sealed)
        return sealed

    def open(self, sealed: Mapping[str, Any], settings: type[Any]) -> Any:
        """Return the ``settings`` that ``sealed`` was made of.

        Raises:
            ConfigurationError: ``secret_unreadable``.
        """
        return decrypt_secrets(dict(sealed), settings, self._cipher)
