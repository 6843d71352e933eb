"""From a proposal to a transaction function and back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.contracts.dry_run import Unwritten
from chaincode.contracts.trails import Trails
from chaincode.model import canonical
from chaincode.model.errors import Code, Refusal
from chaincode.rules import authority
from chaincode.shim import Response, ShimError, Stub, failure, success

log = logging.getLogger(__name__)

# Tells of any other function what it would refuse; a dry run of a transaction.
CHECK = "compliance:Check"
# Refusals that one answer tells; how many there are, it tells too.
MAX_FINDINGS = 100

Handler = Callable[[Context, Arguments], Awaitable[Any]]


@dataclass(frozen=True)
class Function:
    """A transaction function, and who may call it.

    The certificate of whoever does must name the ``duty``. A function that the chaincode ``asked_by`` alone
    calls, in transactions of its own, leaves that to it. With neither it only reads and is open to every
    member.
    """

    handler: Handler
    duty: str | None = None
    asked_by: str | None = None


class Contract:
    """A chaincode made of transaction functions by name.

    Each takes one JSON object and returns what becomes canonical JSON. A Refusal is answered with its status
    and its JSON as the message; anything unforeseen with 500, its cause in this member's log alone.

    Attributes:
        trails: what this process remembers from one transaction to the next.
    """

    def __init__(self, name: str, functions: Mapping[str, Function]) -> None:
        self._name = name
        self._functions = dict(functions)
        self.trails = Trails()

    async def invoke(self, stub: Stub) -> Response:
        """Run the transaction."""
        try:
            if stub.function == CHECK:
                result = await self._check(stub)
            else:
                result = await _run(
                    self._function(stub.function), Context(stub, trails=self.trails), _argument(stub)
                )
            return success(canonical.dumps(result))
        except Refusal as refusal:
            return failure(refusal.to_json(), refusal.code.status)
        except ShimError as error:
            # The peer's own answer, such as a range that it does not allow; the client gets it as it is.
            return failure(f"peer: {error}")
        except Exception:
            log.exception("%s %s failed in transaction %s", self._name, stub.function, stub.tx_id)
            return failure("internal error")

    def _function(self, name: str) -> Function:
        if name not in self._functions:
            known = ", ".join(sorted(self._functions))
            raise Refusal(Code.FUNCTION_UNKNOWN, f"{self._name} has no such function; it has {known}")
        return self._functions[name]

    async def _check(self, stub: Stub) -> Any:
        """What would be refused if the function in ``function`` were called with ``arguments``, and why.

        Every rule that refuses is told, in the order in which they are applied, up to whatever else stops the
        function: an argument that is malformed, a document that is not there. Nothing is written.
        """
        asked = Arguments(_argument(stub))
        name, (_, given) = asked.text("function"), asked.take("arguments")
        asked.done()
        findings: list[Refusal] = []
        try:
            context = Context(cast(Stub, Unwritten(stub)), findings, self.trails)
            await _run(self._function(name), context, given)
        except Refusal as refusal:
            findings.append(refusal)
        except Exception:
            # A function that goes on where it would have been refused may find nothing to go on with.
            if not findings:
                raise
        told = [refusal.to_dict() for refusal in findings[:MAX_FINDINGS]]
        return {"allowed": not findings, "count": len(findings), "refusals": told}


async def _run(function: Function, context: Context, argument: Any) -> Any:
    if function.duty is not None:
        context.check(authority.entrusted, context.stub.creator.attributes, function.duty)
    if function.asked_by is not None:
        context.check(authority.asked_by, context.stub.called, function.asked_by)
    result = await function.handler(context, Arguments(argument))
    context.settle()
    return result


def _argument(stub: Stub) -> Any:
    """The one JSON value that a transaction is called with."""
    if len(stub.params) != 1:
        raise invalid("argument", "is one JSON object")
    return canonical.loads(stub.params[0])
