"""Erasing, finding and exporting what is stored about persons; the records of money stay."""

from leadexec.distribution.erasing.stored import StoredErasure

__all__ = ["StoredErasure"]
