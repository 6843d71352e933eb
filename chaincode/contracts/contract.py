"""From a proposal to a transaction function and back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.model import canonical
from chaincode.model.errors import Code, Refusal
from chaincode.rules import authority
from chaincode.shim import Response, ShimError, Stub, failure, success

log = logging.getLogger(__name__)

Handler = Callable[[Context, Arguments], Awaitable[Any]]


@dataclass(frozen=True)
class Function:
    """A transaction function, and the duty that the certificate of whoever calls it must name.

    Without a duty it only reads and is open to every member.
    """

    handler: Handler
    duty: str | None = None


class Contract:
    """A chaincode made of transaction functions by name.

    Each takes one JSON object and returns what becomes canonical JSON. A Refusal is answered with its status
    and its JSON as the message; anything unforeseen with 500, its cause in this member's log alone.
    """

    def __init__(self, name: str, functions: Mapping[str, Function]) -> None:
        self._name = name
        self._functions = dict(functions)

    async def invoke(self, stub: Stub) -> Response:
        """Run the transaction."""
        try:
            function = self._functions.get(stub.function)
            if function is None:
                known = ", ".join(sorted(self._functions))
                raise Refusal(Code.FUNCTION_UNKNOWN, f"{self._name} has no such function; it has {known}")
            if len(stub.params) != 1:
                raise invalid("argument", "is one JSON object")
            context = Context(stub)
            if function.duty is not None:
                context.check(authority.entrusted, stub.creator.attributes, function.duty)
            result = await function.handler(context, Arguments(canonical.loads(stub.params[0])))
            return success(canonical.dumps(result))
        except Refusal as refusal:
            return failure(refusal.to_json(), refusal.code.status)
        except ShimError as error:
            # The peer's own answer, such as a range that it does not allow; the client gets it as it is.
            return failure(f"peer: {error}")
        except Exception:
            log.exception("%s %s failed in transaction %s", self._name, stub.function, stub.tx_id)
            return failure("internal error")
