"""Consent to be contacted: looked for, judged and kept with the lead (``TC1``, ``LS11``)."""
