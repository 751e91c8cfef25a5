"""Priority automation: clients by their priority, 0 first (``DI2``)."""
