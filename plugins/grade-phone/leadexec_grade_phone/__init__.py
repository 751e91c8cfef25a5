"""The grading check of phone numbers (``GR1``)."""
