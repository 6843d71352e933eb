"""What colluding members try, and what becomes of it: the table that tests/security/collusion plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from chaincode.model.errors import Code
from mediledger.audit.finding import Broken

VALID = "VALID"


@dataclass(frozen=True)
class Attempt:
    """One attempt: who endorses it, and the validation code's name with which peers meet it.

    Where it is VALID no peer can know better: ``refused`` is the code with which every later function refuses
    what it was about, if one does, and ``reported`` are the rules that ``mediledger ledger verify`` reports.
    """

    id: str
    attempt: str
    by: str
    fails: str = VALID
    refused: Code | None = None
    reported: tuple[Broken, ...] = ()

    @property
    def outcome(self) -> str:
        """What becomes of it, in words."""
        if self.fails != VALID:
            return f"Every peer finds it invalid: `{self.fails}`"
        refused = f"Every later function refuses the goods: `{self.refused}`; r" if self.refused else "R"
        broken = "; ".join(one.value for one in self.reported)
        return f"{refused}eported by `mediledger ledger verify`: {broken}"


def read(path: Path) -> Sequence[Attempt]:
    """The attempts of a file such as tests/security/collusion/attempts.yaml."""
    return [
        Attempt(
            row["id"],
            row["attempt"],
            row["by"],
            row.get("fails", VALID),
            Code(row["refused"]) if "refused" in row else None,
            tuple(Broken[name] for name in row.get("reported", ())),
        )
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
