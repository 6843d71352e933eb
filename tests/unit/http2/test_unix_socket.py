"""Unix sockets: who may connect, and where they can be."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from http2 import unix_socket


def test_an_address_is_a_path_or_a_host_and_port() -> None:
    assert unix_socket.path_in("unix:sockets/a.sock") == Path("sockets/a.sock")
    assert unix_socket.path_in("unix:///run/a.sock") == Path("/run/a.sock")
    assert unix_socket.path_in("127.0.0.1:7000") is None


def test_only_its_owner_may_connect(tmp_path: Path) -> None:
    with unix_socket.listening(tmp_path / "a.sock", 1):
        assert stat.S_IMODE((tmp_path / "a.sock").stat().st_mode) == 0o600


def test_it_can_be_deep_in_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / ("deep" * 30) / ("er" * 50) / "a.sock"
    path.parent.mkdir(parents=True)
    with unix_socket.listening(path, 1) as one, unix_socket.connected(path) as other:
        other.send(b"hello")
        with one.accept()[0] as accepted:
            assert accepted.recv(5) == b"hello"


def test_what_a_killed_server_left_is_nobody_and_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with pytest.raises(FileNotFoundError):
        unix_socket.connected(path)
    unix_socket.listening(path, 1).close()
    assert path.is_socket()
    with pytest.raises(ConnectionRefusedError):
        unix_socket.connected(path)
    with unix_socket.listening(path, 1), unix_socket.connected(path) as made:
        assert made.family == socket.AF_UNIX


def test_a_server_that_takes_nobody_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with (
        unix_socket.listening(path, 0),
        unix_socket.connected(path),
        pytest.raises(BlockingIOError),
    ):
        unix_socket.connected(path)
