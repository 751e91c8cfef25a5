"""Lead receivers at LeadExec's own paths, with its parameters and answers (``RC1``)."""
