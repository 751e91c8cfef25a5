"""Profanity check of campaigns (``LT6``)."""
