"""A log of what happens to leads, deliveries and the configuration; quiet days; business hours."""
