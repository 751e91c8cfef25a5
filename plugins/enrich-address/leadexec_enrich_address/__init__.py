"""Addresses in the standard form of USPS Publication 28 (``LS10``)."""
