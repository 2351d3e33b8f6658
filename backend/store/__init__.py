"""The database: tables, queries, and the one thread that writes; nobody else knows SQLAlchemy."""
