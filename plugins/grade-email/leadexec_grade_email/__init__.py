"""The grading check of email addresses, and two lookups for it (``GR1``)."""
