"""What one running gateway holds, and how endpoints get at it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Request, Security
from pydantic import BaseModel
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.auth import Tokens, User, authenticated
from gateway.core.errors import KeyInvalid
from gateway.core.ledger import CUSTODY, REGISTRY, Ledger
from gateway.core.settings import Settings
from gateway.core.submission_store import Owner
from gateway.core.submissions import Command, Receipt, Submissions, derived_id

Result = TypeVar("Result")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Gateway:
    """One member's gateway: its settings and its connections."""

    settings: Settings
    engine: AsyncEngine
    redis: Redis
    ledger: Ledger
    submissions: Submissions
    tokens: Tokens


def gateway_of(request: Request) -> Gateway:
    """The gateway that serves this request."""
    return request.app.state.gateway


Core = Annotated[Gateway, Depends(gateway_of)]


class Written(BaseModel, Generic[Result]):
    """The answer to every request that writes: where it stands on the ledger, and what came of it."""

    transaction_id: str
    block_number: int
    result: Result


class Writer:
    """Writes for one request: under its Idempotency-Key, as its user."""

    def __init__(self, core: Gateway, owner: Owner) -> None:
        self._core = core
        self._owner = owner

    @property
    def gln(self) -> str:
        """The party that this gateway acts for."""
        return self._core.settings.gln

    @property
    def derived_id(self) -> str:
        """An id for a document that this request makes; a repeat of the request has the same."""
        return derived_id(self.gln, self._owner)

    async def custody(self, function: str, /, **arguments: Any) -> Receipt:
        """Carry out a function of the custody chaincode, once."""
        return await self._run(Command(CUSTODY, function, arguments))

    async def registry(self, function: str, /, **arguments: Any) -> Receipt:
        """Carry out a function of the registry chaincode, once."""
        return await self._run(Command(REGISTRY, function, arguments))

    async def between(
        self, members: tuple[str, ...], private: Mapping[str, bytes], function: str, /, **arguments: Any
    ) -> Receipt:
        """Carry out a function of the custody chaincode, once, on these members' (MSP ids) peers alone.

        Nobody else sees ``private``.
        """
        return await self._run(Command(CUSTODY, function, arguments, private, members))

    async def _run(self, command: Command) -> Receipt:
        return await self._core.submissions.run(self._owner, command)


async def writer(
    request: Request,
    core: Core,
    user: Annotated[User, Security(authenticated)],
    idempotency_key: Annotated[
        str | None,
        Header(description="any text of yours, 1 to 255 characters: the same key never writes twice"),
    ] = None,
) -> Writer:
    """A Writer; the key is made where the caller gave none, and returned with every answer."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise KeyInvalid("it is 1 to 255 visible ASCII characters")
    key = idempotency_key or str(uuid.uuid4())
    request.state.idempotency_key = key
    return Writer(core, Owner(user.username, key))


RegistryWriter = Annotated[Writer, Security(writer, scopes=["registry"])]
CustodyWriter = Annotated[Writer, Security(writer, scopes=["custody"])]
DispenseWriter = Annotated[Writer, Security(writer, scopes=["dispense"])]
QuarantineWriter = Annotated[Writer, Security(writer, scopes=["quarantine"])]
DeviceWriter = Annotated[Writer, Security(writer, scopes=["devices"])]
GovernanceWriter = Annotated[Writer, Security(writer, scopes=["governance"])]
