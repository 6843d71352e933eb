"""Ways to damage bytes, each drawn from a seeded random number generator."""

from __future__ import annotations

from random import Random

from tests.integration.wire.forge import Damage


def truncated(chance: Random) -> Damage:
    """Cut off anywhere, at least one byte and never all."""
    part = chance.random()
    return lambda data: data[: max(1, int(part * len(data)))] if len(data) > 1 else b"\xff"


def flipped(chance: Random) -> Damage:
    """One to three bits turned."""
    places = [(chance.random(), chance.randrange(8)) for _ in range(chance.choice((1, 1, 2, 3)))]

    def damage(data: bytes) -> bytes:
        changed = bytearray(data or b"\0")
        for part, bit in places:
            changed[int(part * len(changed))] ^= 1 << bit
        return bytes(changed)

    return damage


def garbage(chance: Random) -> Damage:
    """Something else altogether that no message begins with (field 0 is none's)."""
    noise = b"\x07" + chance.randbytes(chance.randrange(1, 60))
    return lambda _: noise


def emptied(_: Random) -> Damage:
    """Nothing."""
    return lambda _: b""


def extended(chance: Random) -> Damage:
    """A whole message with an unknown field behind it, which is none of anybody's business."""
    noise = chance.randbytes(8)
    return lambda data: data + b"\xfa\x3e\x08" + noise


WAYS = {
    "truncated": truncated,
    "flipped": flipped,
    "garbage for": garbage,
    "empty": emptied,
    "extended": extended,
}
