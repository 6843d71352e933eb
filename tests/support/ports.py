"""Ports for what tests start; runs of the tests that go on at the same time have different ones.

A port is looked for up to a minute before something listens there, as a network's many processes start
one after the other: a look alone cannot keep two runs apart. So each run first takes a share of all ports,
and holds it to its end by one port of it that stays bound. All lie below the kernel's range for outgoing
connections, so that nothing else takes a port between look and use.
"""

from __future__ import annotations

import itertools
import socket
from functools import cache

from mediledger.supervisor import probes

SHARES = 5
# A whole system has its ports within so many.
PORTS_APART = 200
_SYSTEMS = range(18000, 26000, PORTS_APART)
_SINGLE = range(27000, 27800)


def free_base_port() -> int:
    """The base port of a system, ledger or network to start: nobody listens at any of its ports."""
    share, _ = _share()
    for base in _part(_SYSTEMS, share):
        if not any(probes.taken(port) for port in range(base, base + PORTS_APART)):
            return base
    raise AssertionError(f"no {PORTS_APART} free ports in share {share} of {_SYSTEMS}")


def free_port() -> int:
    """A port that nobody listens at; the next call gives another."""
    share, _ = _share()
    singles = _part(_SINGLE, share)[1:]
    for _ in singles:
        port = singles[next(_turn) % len(singles)]
        if not probes.taken(port):
            return port
    raise AssertionError(f"no free port in {singles}")


def _part(ports: range, share: int) -> range:
    size = len(ports) // SHARES
    return ports[share * size : (share + 1) * size]


_turn = itertools.count()


@cache
def _share() -> tuple[int, socket.socket]:
    """This process's share, and the bound socket that says so to others until the process ends."""
    for share in range(SHARES):
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            claim.bind(("127.0.0.1", _part(_SINGLE, share)[0]))
        except OSError:
            claim.close()
        else:
            return share, claim
    raise AssertionError(f"{SHARES} runs of the tests are under way already")
