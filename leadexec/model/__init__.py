"""The entities: what is configured, and what a lead is."""
