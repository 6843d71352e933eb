"""What the tables are made of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

# Names that the database would choose otherwise, so that a migration can name them again.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Text = sa.Text
Time = sa.DateTime(timezone=True)


def key(*names: str) -> list[sa.Column[str]]:
    """A primary key of texts."""
    return [sa.Column(name, Text, primary_key=True) for name in names]


def text(*names: str, index: bool = False) -> list[sa.Column[str]]:
    """Texts that are always there."""
    return [sa.Column(name, Text, nullable=False, index=index) for name in names]


def times(*names: str) -> list[sa.Column[Any]]:
    """Points in time that are always there."""
    return [sa.Column(name, Time, nullable=False) for name in names]


def written() -> tuple[sa.Column[int], sa.Column[str]]:
    """The last write."""
    return (
        sa.Column("block_number", sa.BigInteger, nullable=False),
        sa.Column("tx_id", Text, nullable=False),
    )


def filed(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """A table of whole documents; ``columns`` are their key, and what of them is looked for."""
    return sa.Table(name, metadata, *columns, sa.Column("document", JSONB, nullable=False), *written())
