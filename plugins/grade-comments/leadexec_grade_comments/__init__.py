"""The grading check of comments (``GR1``)."""
