"""Everything that is reached by HTTP, and the one way out by HTTP."""
