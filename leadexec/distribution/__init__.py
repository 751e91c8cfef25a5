"""A lead finds its clients: qualify, sort, reserve, sell, explain."""
