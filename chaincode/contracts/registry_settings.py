"""The consortium's settings: made once, read by every function of the registry."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.registry_directory import write_settings
from chaincode.contracts.settings import Settings
from chaincode.model import keys
from chaincode.model.documents.registry import Settings as Document
from chaincode.model.errors import Code, Refusal
from chaincode.rules import governance, parties
from chaincode.rules.catalogue import VERSIONS
from chaincode.rules.parameters import PARAMETERS

MAX_REGULATORS = 10
MAX_MEMBERS = 100
MAX_MSP = 64
KEY = keys.parameter_key("consortium")


async def bootstrap(context: Context, arguments: Arguments) -> Any:
    """Name the consortium's regulators and members (MSP ids), once; by one of the regulators.

    The rules are those of the newest version that this chaincode knows.
    """
    regulators = arguments.each("regulators", MAX_REGULATORS, msp_id)
    members = arguments.each("members", MAX_MEMBERS, msp_id)
    arguments.done()
    settings: Document = {
        "doc": "param",
        "name": "consortium",
        "version": 1,
        "value": {
            "regulators": sorted(regulators),
            "members": sorted(members),
            "rules": max(VERSIONS),
            "parameters": {},
        },
    }
    context.check(parties.regulator, context.msp_id, regulators)
    context.check(governance.supervised, settings["value"], "members")
    if await context.read(KEY) is not None:
        raise Refusal(Code.PARAMETER_EXISTS, "the consortium is set up already", "regulators")
    await write_settings(context, settings)
    context.event("Bootstrapped", {"regulators": settings["value"]["regulators"]})
    return settings


async def get_settings(context: Context, arguments: Arguments) -> Any:
    """The settings, and every parameter with its value, default, bounds, unit, meaning and source."""
    arguments.done()
    document = await context.need(KEY, Code.PARAMETER_UNKNOWN, "the consortium's settings", "settings")
    settings = Settings(document)
    return document | {
        "parameters": {
            name: {
                "value": settings.parameter(name),
                "default": known.default,
                "minimum": known.minimum,
                "maximum": known.maximum,
                "unit": known.unit,
                "meaning": known.meaning,
                "source": known.source,
            }
            for name, known in PARAMETERS.items()
        }
    }


async def load(context: Context, *wanted: str) -> list[Any]:
    """Documents by their keys, None where there is none; with them come the settings, as by ``use``."""
    document, *found = await context.read_all([KEY, *wanted])
    use(context, document)
    return found


def use(context: Context, document: Document | None) -> Settings:
    """Give the context its settings, read from ``KEY``.

    Refusal where there are none, or this chaincode does not know the rules that they put in force.
    """
    if document is None:
        raise Refusal(Code.PARAMETER_UNKNOWN, "the consortium is not set up", "settings")
    context.settings = Settings(document)
    context.check(governance.supported, context.settings.rules, "settings")
    return context.settings


def msp_id(value: Any, field: str) -> str:
    """The id of an organisation's MSP."""
    return Arguments({field: value}).text(field, MAX_MSP)
