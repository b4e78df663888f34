"""Alembic's entry: runs migrations on the connection that `registry_store.migrate` hands over."""

from alembic import context
from sqlalchemy import text

from registry_store import tables
from registry_store.migrate import MIGRATION_LOCK

connection = context.config.attributes["connection"]
connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
context.configure(connection=connection, target_metadata=tables.metadata, compare_type=True)
context.run_migrations()
