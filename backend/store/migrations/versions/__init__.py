"""Alembic reads this folder."""
