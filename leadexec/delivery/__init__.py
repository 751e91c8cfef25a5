"""A lead reaches a client: map, send, read the answer."""
