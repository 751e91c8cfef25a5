"""Round robin automation: whoever waited longest comes first (``DI3``)."""
