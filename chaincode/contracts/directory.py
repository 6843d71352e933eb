"""Custody's directory of the registry: written by the registry's own transactions, read by custody's."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.settings import Settings
from chaincode.model.directory import EVERY_BUCKET, EVERY_KEY, SETTINGS_KEY, bucket_of, with_parties
from chaincode.model.documents.registry import Bucket, KnownSettings, Party
from chaincode.model.documents.registry import Settings as Document
from chaincode.model.errors import Code, Refusal
from chaincode.model.keys import directory_key


async def enter(context: Context, arguments: Arguments) -> Any:
    """Take over what the registry writes in this transaction; nobody else may ask.

    ``{parties, settings?}`` are documents of the registry. The first settings open the directory; with other
    members or regulators all of it comes under a policy of these.
    """
    parties: list[Party] = arguments.values("parties")
    settings: Document | None = arguments.take("settings")[1] if arguments.has("settings") else None
    arguments.done()
    affected = sorted({bucket_of(party["gln"]) for party in parties})
    known, *found = await context.read_all([SETTINGS_KEY, *map(directory_key, affected)])
    before: Document | None = known["settings"] if known else None
    _follows(before, settings)
    current = settings or before
    assert current is not None
    context.settings = Settings(current)
    buckets: dict[str, Bucket] = dict(zip(affected, found, strict=True))
    if before is None:
        # Whatever some majority wrote there before there was a consortium counts for nothing.
        buckets = {name: {"doc": "directory", "bucket": name, "parties": {}} for name in EVERY_BUCKET}
    for name, bucket in buckets.items():
        entered = [party for party in parties if bucket_of(party["gln"]) == name]
        context.write(directory_key(name), with_parties(bucket, entered))
    if settings is not None:
        document: KnownSettings = {"doc": "directory", "bucket": "settings", "settings": settings}
        context.write(SETTINGS_KEY, document)
        if before is None or _signers(before) != _signers(settings):
            # Peers set no policy of a key that the transaction neither reads nor writes.
            await context.read_all(EVERY_KEY)
            for key in EVERY_KEY:
                context.protect(key, context.settings.regulators)
    return {}


def _follows(before: Document | None, settings: Document | None) -> None:
    """Whether the directory stands where the registry stood before this transaction."""
    version = before["version"] if before else 0
    if (settings["version"] if settings else version + 1) != version + 1 or not (before or settings):
        raise Refusal(Code.RECORD_FORGED, "custody's directory does not follow the registry", "settings")


def _signers(settings: Document) -> tuple[list[str], list[str]]:
    return settings["value"]["regulators"], settings["value"]["members"]
