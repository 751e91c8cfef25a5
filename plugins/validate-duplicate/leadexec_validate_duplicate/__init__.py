"""Duplicate checks of campaigns (``LS8``)."""
