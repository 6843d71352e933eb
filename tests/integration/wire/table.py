"""What a real peer answers to every class of mutations: ``answers.json``, learnt by ``learn.py``."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from network.devnet import messages
from tests.integration.wire import damage
from tests.integration.wire.cases import Case

FILE = Path(__file__).with_name("answers.json")
# Names that a flipped bit may have changed, where messages quote them.
_QUOTES = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (
            r"for channel \[.*\]: could not get last config for channel .*",
            "for channel [<name>]: could not get last config for channel <name>",
        ),
        (
            r"(?<=No metadata was found for chaincode ).* in channel .*",
            "<name> in channel <name>",
        ),
        (r"(?<=no peers available to evaluate chaincode ).* in channel .*", "<name> in channel <name>"),
        (
            r"the chaincode .*? has been successfully defined on channel (.*?) and try again: "
            r"chaincode .*? not",
            r"the chaincode <name> has been successfully defined on channel <name> and try again: chaincode "
            r"<name> not",
        ),
        (f"{re.escape(messages.UNREADABLE)}|{messages.NO_TEXT}", "<unreadable>"),
        (r"channel '.*?' not found", "channel '<name>' not found"),
        (r"channel id \[.*\]", "channel id [<name>]"),
        (r"access denied: channel \[.*?\] creator org", "access denied: channel [<name>] creator org"),
        (r"invalid header type \S+?(?=[\] ]|$)", "invalid header type <type>"),
        (
            r"Failed to get policy manager for channel \[.*\]",
            "Failed to get policy manager for channel [<name>]",
        ),
        (r"no function .*?(?=\]|$)", "no function <name>"),
    )
)


def shape(outcome: str) -> str:
    """An outcome without the names that it quotes, and whichever way a message was unreadable."""
    for pattern, words in _QUOTES:
        outcome = pattern.sub(words, outcome)
    return outcome


def by_chance(case: Case) -> bool:
    """Whether chance decides what is hit, so that the class may have any number of answers."""
    return any(case.kind.startswith(f"{way} ") for way in damage.WAYS)


class Table:
    """The answers of a real peer, as shapes, by class."""

    def __init__(self, learnt: Mapping[str, Iterable[str]]) -> None:
        """``learnt`` are classes by the shapes of their answers."""
        self._answers: dict[str, set[str]] = {}
        self._calls: dict[str, set[str]] = {}
        for found, names in learnt.items():
            for name in names:
                self._answers.setdefault(name, set()).add(found)
                self._calls.setdefault(_call(name), set()).add(found)

    def allows(self, case: Case, outcome: str) -> bool:
        """Whether a peer answers so to a case of this class.

        Where the answer depends on which bits chance has hit, it is one that a peer gives to that call.
        """
        found = shape(outcome)
        if by_chance(case):
            return found in self._calls[_call(case.name)]
        return found in self._answers.get(case.name, ())


def _call(name: str) -> str:
    return name.partition(":")[0]


@functools.cache
def load() -> Table:
    """The table in the repository."""
    return Table(json.loads(FILE.read_text(encoding="utf-8"))["answers"])
