"""Do not contact list: the check, the list, its routes and its commands (``TC5``, ``LS11``)."""
