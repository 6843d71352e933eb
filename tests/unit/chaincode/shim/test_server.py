"""Listening, TLS and stopping."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
from pathlib import Path

import grpc
import pytest

from chaincode.shim import ChaincodeServer, Response, Stub, TlsFiles, serve, success
from tests.unit.chaincode.shim.certificates import Pair, issue
from tests.unit.chaincode.shim.conftest import Bench, Functions
from tests.unit.chaincode.shim.fake_peer import FakePeer, Message


async def echo(stub: Stub) -> Response:
    return success(stub.params[0])


@pytest.fixture
def authority() -> Pair:
    return issue("authority")


@pytest.fixture
def tls(tmp_path: Path, authority: Pair) -> TlsFiles:
    certificate, key = issue("chaincode", authority).write(tmp_path, "server")
    root, _ = authority.write(tmp_path, "authority")
    return TlsFiles(certificate, key, root)


async def secure(tls: TlsFiles) -> ChaincodeServer:
    return await serve(Functions(echo=echo), package_id="test:1", address="127.0.0.1:0", tls=tls)


async def test_a_peer_with_a_certificate_of_the_authority_is_served(tls: TlsFiles, authority: Pair) -> None:
    server = await secure(tls)
    client = issue("peer0", authority)
    credentials = grpc.ssl_channel_credentials(authority.pem, client.key_pem, client.pem)
    payload = os.urandom(3 * 1024 * 1024)
    async with FakePeer(f"127.0.0.1:{server.port}", credentials=credentials) as peer:
        assert (await peer.invoke("echo", payload)).payload == payload
    await server.stop()


@pytest.mark.parametrize("client", ["none", "stranger"])
async def test_any_other_client_is_refused(
    tls: TlsFiles, authority: Pair, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = await secure(tls)
    pair = issue("peer0", issue("stranger")) if client == "stranger" else None
    credentials = grpc.ssl_channel_credentials(
        authority.pem, pair.key_pem if pair else None, pair.pem if pair else None
    )
    with pytest.raises(ConnectionError):
        async with FakePeer(f"127.0.0.1:{server.port}", credentials=credentials):
            pass
    await server.stop()
    assert "TLS handshake failed" in caplog.text
    assert not server._sessions


@pytest.mark.parametrize("broken", ["version", "protocol"])
async def test_older_tls_and_other_protocols_are_refused(
    tls: TlsFiles, authority: Pair, tmp_path: Path, broken: str
) -> None:
    server = await secure(tls)
    certificate, key = issue("peer0", authority).write(tmp_path, "client")
    context = ssl.create_default_context(cafile=tls.client_ca)
    context.load_cert_chain(certificate, key)
    if broken == "version":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
        with pytest.raises(ConnectionResetError):
            if await reader.read() == b"":
                raise ConnectionResetError
        writer.close()
    await server.stop()


async def test_files_that_are_no_certificates_do_not_start_a_server(tmp_path: Path) -> None:
    file = tmp_path / "empty"
    with pytest.raises(OSError, match=r".+"):
        await secure(TlsFiles(file, file, file))
    file.write_bytes(b"nothing")
    with pytest.raises(OSError, match=r".+"):
        await secure(TlsFiles(file, file, file))


async def test_a_taken_address_is_an_error(bench: Bench) -> None:
    server = await bench.server()
    with pytest.raises(OSError, match="address"):
        await serve(Functions(), package_id="p:1", address=f"127.0.0.1:{server.port}", tls=None)


async def at_socket(path: Path, tls: TlsFiles | None = None) -> ChaincodeServer:
    return await serve(Functions(echo=echo), package_id="test:1", address=f"unix:{path}", tls=tls)


async def test_a_socket_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "member" / "test.sock"
    server = await at_socket(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.port == 0
    async with FakePeer(f"unix:{path}") as peer:
        assert (await peer.invoke("echo", b"hello")).payload == b"hello"
    await server.stop()
    assert not path.exists()


async def test_a_socket_is_found_from_a_working_directory_however_deep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer's address has 107 bytes, and its home may be deeper."""
    root = tmp_path / ("deep" * 30) / ("er" * 50)
    server = await at_socket(root / "member" / "test.sock")
    monkeypatch.chdir(root)
    async with FakePeer("unix:member/test.sock") as peer:
        assert (await peer.invoke("echo", b"hello")).payload == b"hello"
    await server.stop()


async def test_a_socket_in_an_open_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "member"
    folder.mkdir()
    folder.chmod(0o750)
    with pytest.raises(PermissionError, match="others may enter it, mode 750 in place of 700"):
        await at_socket(folder / "test.sock")
    assert not list(folder.iterdir())


async def test_a_socket_has_no_tls(tmp_path: Path, tls: TlsFiles) -> None:
    with pytest.raises(ValueError, match="no TLS"):
        await at_socket(tmp_path / "member" / "test.sock", tls)


async def test_two_servers_do_not_share_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "member" / "test.sock"
    server = await at_socket(path)
    with pytest.raises(OSError, match=f"in use: '{path}'"):
        await at_socket(path)
    async with FakePeer(f"unix:{path}") as peer:
        assert (await peer.invoke("echo", b"still here")).payload == b"still here"
    await server.stop()
    await (await at_socket(path)).stop()


async def test_stopping_lets_running_transactions_finish_and_takes_no_new_ones(bench: Bench) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(stub: Stub) -> Response:
        started.set()
        await go.wait()
        return success(b"done")

    async def quick(stub: Stub) -> Response:
        return success()

    server = await bench.server(slow=slow, quick=quick)
    peer = await bench.peer(server)
    running = asyncio.create_task(peer.invoke("slow"))
    await started.wait()
    stopping = asyncio.create_task(server.stop(10.0))
    # Those that come before the stop has begun are still done.
    while (late := await peer.invoke("quick", tx_id=os.urandom(8).hex())).status != 503:
        pass
    assert late.message == "the chaincode server is stopping"
    go.set()
    assert (await running).payload == b"done"
    await stopping
    await server.wait()
    await server.stop()
    assert peer.ended is not None
    assert (await peer.ended).name == "UNAVAILABLE"
    assert server.port == 0


async def test_stopping_ends_what_does_not_finish(bench: Bench) -> None:
    started = asyncio.Event()

    async def forever(stub: Stub) -> Response:
        started.set()
        await asyncio.Event().wait()
        return success()

    server = await bench.server(forever=forever)
    peer = await bench.peer(server)
    running = asyncio.create_task(peer.invoke("forever"))
    await started.wait()
    async with asyncio.timeout(5):
        await server.stop(0.05)
        with pytest.raises(ConnectionError):
            await running


async def test_a_transaction_that_ignores_its_cancellation_is_reported(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaincode.shim.server._CANCEL_SECONDS", 0.05)
    started, go = asyncio.Event(), asyncio.Event()

    async def stubborn(stub: Stub) -> Response:
        started.set()
        try:
            await go.wait()
        except asyncio.CancelledError:
            await go.wait()
        return success()

    server = await bench.server(stubborn=stubborn)
    peer = await bench.peer(server)
    running = asyncio.create_task(peer.invoke("stubborn"))
    await started.wait()
    await server.stop(0.05)
    assert "ignore their cancellation" in caplog.text
    with pytest.raises(ConnectionError):
        await running
    go.set()


async def test_messages_larger_than_every_window_pass_both_ways(bench: Bench) -> None:
    async def copy(stub: Stub) -> Response:
        stub.put_state("copy", stub.params[0])
        return success(await stub.get_state("k") or b"")

    peer = await bench.start(copy=copy)
    value = os.urandom(40 * 1024 * 1024)
    peer.ledger.state["", "k"] = value
    outcome = await peer.invoke("copy", value)
    assert outcome.payload == value
    assert peer.ledger.state["", "copy"] == value


async def test_other_methods_are_unknown(bench: Bench) -> None:
    server = await bench.server()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/grpc.health.v1.Health/Check")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_compressed_messages_are_not_taken(bench: Bench) -> None:
    server = await bench.server(echo=echo)
    async with grpc.aio.insecure_channel(
        f"127.0.0.1:{server.port}", compression=grpc.Compression.Gzip
    ) as channel:
        call = channel.stream_stream("/protos.Chaincode/Connect")()
        await call.read()
        await call.write(Message(type=Message.REGISTERED, payload=bytes(10_000)).SerializeToString())
        assert await call.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_client_that_has_said_all_gets_ok(bench: Bench) -> None:
    server = await bench.server(echo=echo)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = channel.stream_stream("/protos.Chaincode/Connect")()
        await call.read()
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK
