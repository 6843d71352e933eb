"""Going on where one left off."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from gateway.fabric import CheckpointError, FileCheckpointer, InMemoryCheckpointer, Position
from gateway.fabric.blocks import parse_block
from tests.scenario.features.applications import Applications

scenarios("checkpoints.feature")


@dataclass
class Reader:
    """The pharmacy's application and how far it has come."""

    applications: Applications
    path: Path
    checkpoint: FileCheckpointer | InMemoryCheckpointer = field(default_factory=InMemoryCheckpointer)
    dealt: list[str] = field(default_factory=list)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def take_file(self) -> None:
        self.checkpoint = await self._open.enter_async_context(FileCheckpointer(self.path))

    async def let_go(self) -> None:
        await self._open.aclose()

    @property
    def first(self) -> int:
        """The block of the first announcement."""
        return self.applications.changes[0].status.block_number

    async def deal(self, count: int) -> None:
        """Deal with the next announcements, as the checkpoint says where to begin."""
        network = self.applications.network("pharmacy")
        async with network.chaincode_events("anyone", self.first, self.checkpoint) as events:
            for _ in range(count):
                event = await anext(events)
                self.dealt.append(event.transaction_id)
                await self.checkpoint.save(event.position)


@pytest.fixture
def reader(applications: Applications) -> object:
    made = Reader(applications, applications.folder / "checkpoint.json")
    yield made
    applications.run(made.let_go())


@given("the pharmacy's checkpoint is in memory")
def in_memory(reader: Reader) -> None:
    assert isinstance(reader.checkpoint, InMemoryCheckpointer)


@given("the pharmacy's checkpoint is in a file")
def in_file(applications: Applications, reader: Reader) -> None:
    applications.run(reader.take_file())


@when(parsers.parse("the pharmacy deals with the first {count:d} announcements"))
def deal(applications: Applications, reader: Reader, count: int) -> None:
    applications.run(reader.deal(count))


@when("the pharmacy's application is started anew")
def start_anew(applications: Applications, reader: Reader) -> None:
    applications.leave("pharmacy")
    applications.run(reader.let_go())
    applications.run(reader.take_file())


@when('the pharmacy listens to "anyone" from its checkpoint')
def listen(applications: Applications, reader: Reader) -> None:
    applications.listen("pharmacy", "anyone", checkpoint=reader.checkpoint)


@when('the pharmacy listens to "anyone" from its checkpoint, else from the block of the first announcement')
def listen_or_from(applications: Applications, reader: Reader) -> None:
    applications.listen("pharmacy", "anyone", start_block=reader.first, checkpoint=reader.checkpoint)


@when(parsers.parse("the pharmacy deals with the {count:d} changes, one each time that it is started"))
def deal_one_by_one(applications: Applications, reader: Reader, count: int) -> None:
    # The three announcements before them are done.
    del applications.changes[:3]
    start = min(change.status.block_number for change in applications.changes)
    applications.run(reader.checkpoint.save(Position(start)))
    for _ in range(count):
        applications.leave("pharmacy")
        applications.run(reader.deal(1))


@then("it has dealt with each once, in the order of the ledger")
def dealt_with_each(applications: Applications, reader: Reader) -> None:
    assert reader.dealt == applications.in_order()
    # Else it would not have been within a block.
    assert len({change.status.block_number for change in applications.changes}) < len(reader.dealt)


@when("the pharmacy has dealt with the block of the first announcement")
def deal_with_block(applications: Applications, reader: Reader) -> None:
    applications.run(reader.checkpoint.save(Position.after_block(reader.first)))


@then("the next block that the pharmacy is given follows it")
def next_block(applications: Applications, reader: Reader) -> None:
    async def reading() -> int:
        network = applications.network("pharmacy")
        async with network.block_events(checkpoint=reader.checkpoint) as blocks:
            return parse_block(await anext(blocks)).number

    assert applications.run(reading()) == reader.first + 1


@when("another application takes the same file")
def take_same(applications: Applications, reader: Reader) -> None:
    applications.attempt(FileCheckpointer(reader.path).__aenter__())


@then(parsers.parse('it is told: "{words}"'))
def told(applications: Applications, words: str) -> None:
    assert isinstance(applications.failure, CheckpointError)
    assert words in str(applications.failure)


@when(parsers.parse('the pharmacy\'s checkpoint is in a file that holds "{content}"'))
def other_content(applications: Applications, reader: Reader, content: str) -> None:
    reader.path.write_text(content)
    applications.run(reader.take_file())
    applications.attempt(reader.deal(1))
