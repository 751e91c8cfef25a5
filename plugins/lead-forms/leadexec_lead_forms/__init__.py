"""Lead forms: hosted, embedded, and for agents (``LS19``)."""
