"""Alembic's entry: runs the migrations on the connection that ``jobs.ledger.upgrade`` opened."""

from alembic import context

from jobs.ledger.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
