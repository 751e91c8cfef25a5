"""Delivery of leads into Acme CRM."""
