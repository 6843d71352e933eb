"""The supply-chain report: dwell time per stage, cold-chain compliance, stock by member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analytics import dwell, queries


@dataclass(frozen=True)
class Report:
    """The metrics at one height of the ledger; frames as their functions describe them.

    ``stock`` has ``member, product, units, held``; ``dispensed`` ``day, member, units``; ``transfers``
    ``status, count, late``, late being the open ones that are older than ``queries.LATE``.
    """

    made_at: datetime
    height: int
    dwell: pd.DataFrame
    cold_chain: pd.DataFrame
    stock: pd.DataFrame
    dispensed: pd.DataFrame
    transfers: pd.DataFrame

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show yet."""
        return self.stock.empty and self.dispensed.empty

    @property
    def compliance(self) -> float | None:
        """Share (0 to 1) of anchored readings whose window stayed within the storage profile."""
        readings = int(self.cold_chain["readings"].sum())
        return int(self.cold_chain["clean_readings"].sum()) / readings if readings else None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values: times ISO 8601, durations in seconds, temperatures in milli-degrees."""
        return {
            "made_at": self.made_at.isoformat(),
            "height": self.height,
            "cold_chain_compliance": self.compliance,
            **{
                name: json.loads(frame.to_json(orient="records", date_format="iso"))
                for name, frame in (
                    ("dwell", self.dwell),
                    ("cold_chain", self.cold_chain),
                    ("stock", self.stock),
                    ("dispensed", self.dispensed),
                    ("transfers", self.transfers),
                )
            },
        }

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=1)

    def to_html(self) -> str:
        """One self-contained page."""
        from analytics.page import render

        return render(self)


def supply_chain(database_url: str) -> Report:
    """Compute the report from the mirror at a ``postgresql://`` URL, all of it at one point in time."""
    engine = sa.create_engine(
        sa.make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool
    )
    with engine.connect() as raw:
        connection = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            return _compute(connection)


def _compute(connection: sa.Connection) -> Report:
    made_at = datetime.now(UTC)
    names = queries.names(connection)
    moves = queries.moves(connection)
    durations = pd.concat(
        [
            dwell.between_transfers(moves),
            dwell.until_dispensed(moves, queries.dispensing_times(connection)),
        ],
        ignore_index=True,
    )
    return Report(
        made_at=made_at,
        height=queries.height(connection),
        dwell=dwell.summary(durations, names),
        cold_chain=queries.cold_chain(connection),
        stock=_named(queries.stock(connection), names)[["member", "product", "units", "held"]],
        dispensed=_named(queries.dispensed_per_day(connection), names)[["day", "member", "units"]],
        transfers=queries.transfers(connection, made_at),
    )


def _named(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """With ``member``, the name of the GLN in ``custodian``."""
    return frame.assign(member=[names.get(gln, gln) for gln in frame["custodian"]])
