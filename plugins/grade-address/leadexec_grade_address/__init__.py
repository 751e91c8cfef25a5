"""The grading check of postal addresses (``GR1``)."""
