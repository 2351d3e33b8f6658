"""Run by Alembic: migrates on the connection that `backend.store.database` hands over."""

from __future__ import annotations

from alembic import context

from backend.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
