"""Lead grading: points, grades A to F, and what a grade does to a lead (``GR1``–``GR4``)."""
