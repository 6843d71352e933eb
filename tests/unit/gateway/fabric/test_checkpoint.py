"""Checkpoints: what is read back, whatever happens while it is written."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.fabric import CheckpointError, FabricError, FileCheckpointer, InMemoryCheckpointer, Position
from gateway.fabric import checkpoint as module

KEEPER = """
import asyncio, sys
from pathlib import Path
from gateway.fabric import FileCheckpointer, Position

async def main():
    async with FileCheckpointer(Path(sys.argv[1])) as keeper:
        number = 0
        while True:
            number += 1
            await keeper.save(Position.after_transaction(number, "t" * (number % 50)))
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.json"


async def load(path: Path) -> Position:
    async with FileCheckpointer(path) as keeper:
        return await keeper.load()


async def save(path: Path, position: Position) -> None:
    async with FileCheckpointer(path) as keeper:
        await keeper.save(position)


def test_positions() -> None:
    assert Position.after_block(7) == Position(8)
    assert Position.after_transaction(7, "a") == Position(7, "a")


async def test_in_memory() -> None:
    keeper = InMemoryCheckpointer()
    assert await keeper.load() == Position()
    await keeper.save(Position(3, "a"))
    assert await keeper.load() == Position(3, "a")


async def test_a_file_keeps_it_for_the_next_process(path: Path) -> None:
    async with FileCheckpointer(path) as keeper:
        assert await keeper.load() == Position()
        for position in (Position(8), Position(9, "a"), Position(2**63)):
            await keeper.save(position)
            async with FileCheckpointer(path.with_name("another")):
                assert await FileCheckpointer(path).load() == position
    async with FileCheckpointer(path) as keeper:
        assert await keeper.load() == Position(2**63)


def test_a_file_of_the_official_node_client_is_read(path: Path) -> None:
    for content, position in (
        ({}, Position()),
        ({"blockNumber": "12"}, Position(12)),
        ({"blockNumber": "12", "transactionId": "abc"}, Position(12, "abc")),
    ):
        path.write_text(json.dumps(content))
        assert asyncio.run(load(path)) == position
        asyncio.run(save(path, Position(13, "d")))
        assert json.loads(path.read_text()) == {"blockNumber": "13", "transactionId": "d"}


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"blockNumber": "x"}', '{"blockNumber": -1}', '{"transactionId": 1}', "\0"]
)
def test_other_content_is_refused_by_the_files_name(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"checkpoint\.json"):
        asyncio.run(load(path))
    assert path.read_text() == content
    assert issubclass(CheckpointError, FabricError)


async def test_only_its_owner_writes_it(path: Path) -> None:
    async with FileCheckpointer(path) as owner:
        with pytest.raises(CheckpointError, match="another process"):
            async with FileCheckpointer(path):
                pass
        with pytest.raises(CheckpointError, match="not entered"):
            await FileCheckpointer(path).save(Position(1))
        await owner.save(Position(2))
    async with FileCheckpointer(path) as next_owner:
        assert await next_owner.load() == Position(2)


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        async with FileCheckpointer(tmp_path / "none" / "checkpoint.json"):
            pass


async def test_it_is_on_the_disk_before_it_takes_the_old_ones_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that makes it crash-safe: content to the disk, the new name, the folder to the disk."""
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(module.os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    async with FileCheckpointer(path) as keeper:
        await keeper.save(Position(1))
    assert steps == ["file", "rename", "folder"]


def test_a_killed_writer_leaves_what_it_said_was_saved(path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert process.stdout
        said = [int(process.stdout.readline())]
        time.sleep(0.2)
        process.kill()
        said += [int(line) for line in process.stdout.read().split("\n") if line]
        process.wait()
        process.stdout.close()
        position = asyncio.run(load(path))
        assert position.block_number in (said[-1], said[-1] + 1)
        assert position.transaction_id == "t" * (position.block_number % 50)
