"""Whether a phone number is a mobile one (``LS10``)."""
