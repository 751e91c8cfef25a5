"""Delivery of leads by HTTP request, in whatever format a buyer wants (``DM1``)."""
