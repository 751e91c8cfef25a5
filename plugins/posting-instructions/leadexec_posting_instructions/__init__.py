"""Posting instructions of campaigns (``LS20``)."""
