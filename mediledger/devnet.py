"""``mediledger devnet``: the embedded ledger by itself, for anybody's chaincode and clients."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.status import Status as RichStatus

from chaincode.model.errors import MediLedgerError
from mediledger import devnet_words as words
from network.devnet.faults import Call, Fault, Kind

if TYPE_CHECKING:
    from network.devnet.control import Status
    from network.devnet.standalone import Served

app = typer.Typer(
    no_args_is_help=True,
    help="A Fabric network in one process, to write chaincode and clients against. Never for production.",
)

DEFAULT_HOME = Path(".mediledger") / "devnet-alone"
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")

Home = Annotated[
    Path | None,
    typer.Option(help=f"Where its ledger and keys are, by default {DEFAULT_HOME}.", show_default=False),
]


@app.command()
def up(
    chaincode: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=HOST:PORT",
            help="A chaincode, and where on this machine its server listens. Repeat for more.",
        ),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Chaincode servers have TLS.")] = False,
    members: Annotated[
        str | None, typer.Option(help="Their names, by default manufacturer,distributor.", show_default=False)
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="The channel, by default mychannel.", show_default=False)
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]POLICY",
            help="Who must endorse a chaincode's transactions, such as \"OR('ManufacturerMSP.peer')\"; "
            "without one, a majority of the members.",
        ),
    ] = None,
    collections: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="A chaincode's private data collections, in Fabric's JSON."),
    ] = None,
    home: Home = None,
    base_port: Annotated[
        int | None,
        typer.Option(
            min=1024,
            max=60000,
            help="Its peers listen at 20, 40 and so on above it, by default above 17500.",
            show_default=False,
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each block.")] = False,
) -> None:
    """Run it until Ctrl-C. What is written stays: the next "up" goes on from there.

    Start your chaincode's server before or after; it is connected to as soon as it is there.

    For example: mediledger devnet up --chaincode notes=127.0.0.1:9999
    """
    from network.devnet import process, standalone

    place = home or DEFAULT_HOME
    wanted = standalone.Wanted(
        tuple(name.strip() for name in members.split(",")) if members else (),
        channel,
        tuple(_served(chaincode or [], policy or [], collections or [], tls)),
        base_port,
    )
    topology = standalone.prepare(place.absolute(), wanted)
    words.introduce(topology, place)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("network.devnet").setLevel(logging.DEBUG if verbose else logging.INFO)
    process.run(topology, place.absolute())


@app.command()
def status(home: Home = None) -> None:
    """What runs: height, clock, chaincode servers, faults."""
    words.show(_ask(home, lambda control: control.status()))


@app.command()
def advance(
    duration: Annotated[str, typer.Argument(help="How far: 90s, 15m, 25h, 30d, or several as 1d12h.")],
    home: Home = None,
) -> None:
    """Put the ledger's clock forward: for what expires, is due, or comes too late.

    It never goes back, and stays forward after a restart. Clients must put their own clocks forward too: a
    peer takes no proposal that is more than 15 minutes away from its own time.
    """
    seconds = _seconds(duration)
    found = _ask(home, lambda control: control.advance(seconds))
    ahead = words.duration(found.ahead)
    words.console.print(f"It is {words.time_of(found.time)} on the ledger, {ahead} ahead of this machine.")


@app.command()
def fault(
    kind: Annotated[
        Kind | None,
        typer.Argument(
            help="delay: calls take longer. status-silence: a commit's status is never told. "
            "status-unavailable: UNAVAILABLE in place of it, after the commit. submit-unavailable: ordered, "
            "but the client is told UNAVAILABLE. submit-lost: told so, and never ordered. "
            "disagree: a member's peer endorses other results. "
            "away: a member's peer answers nobody.",
            show_default=False,
        ),
    ] = None,
    member: Annotated[str | None, typer.Option(help="At whose peer; at every one without it.")] = None,
    call: Annotated[Call | None, typer.Option(help="Which calls a delay delays.")] = None,
    seconds: Annotated[float | None, typer.Option(help="By how much a delay delays.")] = None,
    count: Annotated[int | None, typer.Option(help="So many times; without it, until --off.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Switch this kind off, or all faults.")] = False,
    home: Home = None,
) -> None:
    """Let something go wrong on purpose, to see what your client makes of it.

    For example: mediledger devnet fault submit-unavailable --count 1
    """
    if off:
        words.show_faults(_ask(home, lambda control: control.clear(kind)))
        return
    if kind is None:
        raise MediLedgerError("say which fault, or --off")
    made = _fault(kind, member, call, seconds, count)
    words.show_faults(_ask(home, lambda control: control.fault(made)))


@app.command()
def verify(home: Home = None) -> None:
    """Check the whole ledger, while devnet runs or after; exit status 1 and the first difference if any.

    Every block's number, hashes, signature and validation codes are checked, and state, history and indexes
    compared with what the blocks make of an empty ledger. Nothing is written.
    """
    from network.devnet import places
    from network.devnet.verify import verify as verified

    place = _known(home)
    ledgers = places.ledgers(place)
    if not ledgers:
        raise MediLedgerError(f"there is no ledger in {place}")
    for ledger in ledgers:
        with words.console.status("Reading") as line:
            found = verified(ledger, _progress(line))
        words.console.print(
            f"{found.channel}: valid. {found.blocks} blocks, {found.transactions} transactions, "
            f"{found.valid} of them valid, {found.keys} keys.",
            soft_wrap=True,
        )


def _progress(line: RichStatus) -> Callable[[int], None]:
    return lambda number: line.update(f"Block {number}")


def _served(chaincodes: list[str], policies: list[str], collections: list[str], tls: bool) -> list[Served]:
    """The chaincodes as the options describe them together."""
    from network.devnet import standalone

    servers = _pairs("--chaincode", chaincodes)
    # Policies hold no equals sign: one without a name is for every chaincode.
    general = next((policy for policy in policies if "=" not in policy), None)
    named_policies = _pairs("--policy", [policy for policy in policies if policy != general])
    named_collections = _pairs("--collections", collections)
    for option, named in (("--policy", named_policies), ("--collections", named_collections)):
        strangers = ", ".join(sorted(set(named) - set(servers)))
        if strangers:
            raise MediLedgerError(f"{option}: no --chaincode is called {strangers}")
    made = []
    for name, server in servers.items():
        described: list[dict[str, Any]] = []
        if name in named_collections:
            try:
                text = Path(named_collections[name]).read_text(encoding="utf-8")
            except OSError as error:
                raise MediLedgerError(f"--collections: {error}") from error
            described = standalone.collections(text)
        made.append(standalone.Served(name, server, named_policies.get(name, general), tls, described))
    return made


def _pairs(option: str, values: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, separator, rest = value.partition("=")
        if not separator or not name or not rest or name in pairs:
            raise MediLedgerError(f"{option} is NAME=..., once for each name, not {value}")
        pairs[name] = rest
    return pairs


def _known(home: Path | None) -> Path:
    """The home that was meant.

    Without one it is the default, or the ledger of ``mediledger up`` where there is no other.
    """
    from mediledger.system import System
    from network.devnet import places, standalone

    ours = System.from_environment().root / "devnet"
    place = home or DEFAULT_HOME
    if home is None and not (place / standalone.TOPOLOGY).exists() and places.folder(ours).exists():
        place = ours
    return place.absolute()


def _ask(home: Path | None, question: Any) -> Status:
    from network.devnet.control_client import DevnetControl

    asked: Coroutine[Any, Any, Status] = question(DevnetControl(_known(home)))
    return asyncio.run(asked)


def _fault(
    kind: Kind, member: str | None, call: Call | None, seconds: float | None, count: int | None
) -> Fault:
    from pydantic import ValidationError

    try:
        return Fault(kind=kind, member=member, call=call, seconds=seconds, count=count)
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"{part}: " for part in first["loc"])
        raise MediLedgerError(f"{place}{first['msg'].removeprefix('Value error, ')}") from error


def _seconds(duration: str) -> float:
    if not _DURATION.fullmatch(duration):
        raise MediLedgerError(f"a duration is written as 90s, 15m, 25h, 30d or 1d12h, not {duration}")
    return sum(float(count) * words.UNITS[unit] for count, unit in _PART.findall(duration))
