"""What plugins implement; every class docstring is the contract's reference page."""
