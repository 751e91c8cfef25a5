"""A posted request becomes a lead: parse, check, amend, grade, admit."""
