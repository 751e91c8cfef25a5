"""The field types of lead types (``LT4``): reading, normalising, checking and showing values."""
