"""Who is calling and what it may do: passwords, tokens, roles; and how secrets are kept."""
