"""The grading check of IP addresses (``GR1``)."""
