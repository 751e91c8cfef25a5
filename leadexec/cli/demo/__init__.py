"""The demonstration: an example account, realistic leads, simulated buyers, and the accounts."""
