"""How Alembic reaches the database, and what it compares with it."""

from __future__ import annotations

from alembic import context

from gateway.core.tables import metadata as gateway_metadata
from gateway.mirror.tables import metadata as mirror_metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=[mirror_metadata, gateway_metadata],
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
