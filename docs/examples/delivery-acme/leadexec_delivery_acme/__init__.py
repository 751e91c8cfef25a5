"""Acme: posts a lead as JSON; `{"accepted": true}` is a sale."""
