"""The catalogue of the law: which rules there are, what each rests on, and with which codes it refuses."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chaincode.model.errors import Code
from chaincode.rules.parameters import PARAMETERS

Checked = TypeVar("Checked", bound=Callable[..., object])

# Versions of the rules that this chaincode knows; the consortium's settings say which of them is in force.
VERSIONS = (1,)


@dataclass(frozen=True)
class Rule:
    """A rule: its name (``module.function``), what it demands, its source, codes, and parameters' names."""

    name: str
    summary: str
    source: str
    codes: tuple[Code, ...]
    parameters: tuple[str, ...]


RULES: dict[str, Rule] = {}
_NAMES: dict[Callable[..., object], str] = {}


def rule(*codes: Code, parameters: tuple[str, ...] = ()) -> Callable[[Checked], Checked]:
    """Enter a function that raises Refusal with one of ``codes`` into the catalogue.

    The first paragraph of its docstring is the summary; one that begins with ``Source:`` names the law or
    standard. ``parameters`` are the consortium's settings that it depends on.

    Raises:
        ValueError: no source, no code, a parameter that is none, or a second rule of this name.
    """

    def enter(function: Checked) -> Checked:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        paragraphs = [" ".join(text.split()) for text in (inspect.getdoc(function) or "").split("\n\n")]
        sources = [text.removeprefix("Source: ") for text in paragraphs if text.startswith("Source: ")]
        unknown = [parameter for parameter in parameters if parameter not in PARAMETERS]
        if len(sources) != 1 or not codes or unknown or name in RULES:
            raise ValueError(f"rule {name}: one source, a code, known parameters and a name of its own")
        RULES[name] = Rule(name, paragraphs[0], sources[0], codes, parameters)
        _NAMES[function] = name
        return function

    return enter


def name_of(function: Callable[..., object]) -> str:
    """The name of an entered rule; KeyError of any other function."""
    return _NAMES[function]
