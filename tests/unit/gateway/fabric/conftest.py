"""A fake gateway peer and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.fabric import Deadlines, Gateway, Identity, Network, Peer, outcomes
from gateway.fabric.identity import signer_from_pem
from tests.unit.gateway.fabric.fake_gateway import FakeGateway

KEY = ec.generate_private_key(ec.SECP256R1())
IDENTITY = Identity("MakerMSP", b"-----BEGIN CERTIFICATE-----\nnot looked at by the client\n")
SIGN = signer_from_pem(
    KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
)


def client(*addresses: str, deadlines: Deadlines | None = None) -> Gateway:
    return Gateway([Peer(address) for address in addresses], IDENTITY, SIGN, deadlines)


@pytest.fixture
async def fake() -> AsyncIterator[FakeGateway]:
    gateway = FakeGateway()
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def network(fake: FakeGateway) -> AsyncIterator[Network]:
    async with client(fake.address) as gateway:
        yield gateway.network("medicines")


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settle without waiting between attempts."""
    monkeypatch.setattr(outcomes, "PAUSE_SECONDS", 0.0)
