"""Delivery of leads to the client's portal (``DM9``)."""
