"""Price automation: the highest price first (``DI1``)."""
