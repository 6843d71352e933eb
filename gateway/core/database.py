"""The database engine."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.core.settings import DatabaseSettings

STATEMENT_MS = 10_000
POOL_SECONDS = 5.0
CONNECT_SECONDS = 5


def engine(settings: DatabaseSettings) -> AsyncEngine:
    """An engine with a bounded pool; the server ends a statement after ten seconds."""
    url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+psycopg")
    return create_async_engine(
        url,
        pool_size=settings.database_connections,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        pool_recycle=1800,
        # An error's text would quote the values that a statement was given.
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_MS} -c timezone=UTC",
        },
    )
