"""Where an exception came from, without what it says."""

from __future__ import annotations

import traceback

from chaincode.shim.errors import ShimError

_CHAIN = 5
_FRAMES = 20


def stack_of(error: BaseException) -> str:
    """The exception and its causes as types and frames.

    An exception's message often quotes what it could not handle, which may be a transaction's payload; so
    only the shim's own errors keep theirs.
    """
    lines: list[str] = []
    current: BaseException | None = error
    for _ in range(_CHAIN):
        if current is None:
            break
        name = f"{type(current).__module__}.{type(current).__qualname__}"
        lines.append(f"{name}: {current}" if isinstance(current, ShimError) else name)
        for frame in traceback.extract_tb(current.__traceback__)[-_FRAMES:]:
            lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}')
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)
