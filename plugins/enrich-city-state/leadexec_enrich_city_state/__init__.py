"""City and state from the postal code (``LS10``)."""
