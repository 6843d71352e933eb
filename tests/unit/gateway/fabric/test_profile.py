"""Connection profiles: what is read, and what is said of one that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.fabric import FabricError, Peer, Profile, ProfileError, TlsClient

GOOD: dict[str, Any] = {
    "channel": "medicines",
    "msp_id": "MakerMSP",
    "organization": "maker",
    "certificate": "files/cert.pem",
    "key": "files/key.pem",
    "peers": [
        {"address": "127.0.0.1:17020", "server_name": "peer0.maker.example", "tls_root": "files/ca.pem"},
        {"address": "127.0.0.1:17040", "tls_root": "files/ca.pem"},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    for name in ("cert", "key", "ca"):
        (files / f"{name}.pem").write_bytes(name.encode())
    return tmp_path


def written(folder: Path, content: Any) -> Path:
    path = folder / "profile.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_read(folder: Path) -> None:
    profile = Profile.load(written(folder, GOOD))
    assert profile == Profile(
        "medicines",
        "MakerMSP",
        (Peer("127.0.0.1:17020", b"ca", "peer0.maker.example"), Peer("127.0.0.1:17040", b"ca", None)),
        b"cert",
        b"key",
    )


def test_mutual_tls_is_read(folder: Path) -> None:
    profile = Profile.load(
        written(folder, GOOD | {"tls_certificate": "files/cert.pem", "tls_key": "files/key.pem"})
    )
    assert profile.tls == TlsClient(b"cert", b"key")


def test_a_peer_without_tls_is_asked_for_by_name(folder: Path) -> None:
    profile = Profile.load(written(folder, GOOD | {"peers": [{"address": "x:1", "insecure": True}]}))
    assert profile.peers == (Peer("x:1", insecure=True),)


@pytest.mark.parametrize("name", ["channel", "msp_id", "certificate", "key", "peers"])
def test_a_missing_field_is_named(folder: Path, name: str) -> None:
    content = {field: value for field, value in GOOD.items() if field != name}
    with pytest.raises(ProfileError, match=f"profile.json: {name} is missing"):
        Profile.load(written(folder, content))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel": 7}, "channel is not a text"),
        ({"channel": ""}, "channel is not a text"),
        ({"peers": []}, "peers is not a list of at least one"),
        ({"peers": "127.0.0.1:17020"}, "peers is not a list of at least one"),
        ({"peers": ["127.0.0.1:17020"]}, r"peers\[0\].address is missing"),
        ({"peers": [*GOOD["peers"], {"address": "x:1"}]}, r"peers\[2\].tls_root is missing"),
        ({"peers": [GOOD["peers"][0] | {"server_name": 1}]}, r"peers\[0\].server_name is not a text"),
        ({"peers": [GOOD["peers"][0] | {"tls_root": "no.pem"}]}, r"peers\[0\].tls_root: .*no.pem"),
        ({"certificate": "files/none.pem"}, "certificate: .*none.pem"),
        ({"key": ["files/key.pem"]}, "key is not a text"),
        ({"tls_certificate": "files/cert.pem"}, "tls_key is missing"),
        ({"peers": [{"address": "x:1", "insecure": "yes"}]}, r"peers\[0\].insecure is not true or false"),
        ({"peers": [{"address": "x:1", "insecure": False}]}, r"peers\[0\].tls_root is missing"),
        ({"tls_key": "files/key.pem"}, "tls_certificate is missing"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        Profile.load(written(folder, GOOD | change))


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_no_json(folder: Path, content: str) -> None:
    with pytest.raises(ProfileError, match=r"profile\.json"):
        Profile.load(written(folder, content))


def test_no_object(folder: Path) -> None:
    with pytest.raises(ProfileError, match="peers is missing"):
        Profile.load(written(folder, [GOOD]))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"none\.json"):
        Profile.load(tmp_path / "none.json")
    assert issubclass(ProfileError, FabricError)
