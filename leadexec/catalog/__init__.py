"""The configuration compiled for the lead's way: immutable to its readers, changed in place."""
