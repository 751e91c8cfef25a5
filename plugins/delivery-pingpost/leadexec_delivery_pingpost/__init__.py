"""Delivery to buyers that bid for a lead before they get it (``DM2``, ``PP4``)."""
