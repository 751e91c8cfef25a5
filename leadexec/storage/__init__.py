"""Tables, transactions and migrations, alike on SQLite and PostgreSQL."""
