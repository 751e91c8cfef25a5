"""A distribution script: each client's share of the leads of a state (``DI10``)."""
