"""Where an IP address is (``LS10``)."""
