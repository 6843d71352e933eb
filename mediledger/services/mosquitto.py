"""A private Mosquitto: on loopback, MQTT 5, each device its own credentials and access list."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from mediledger.services import programs
from network.process import ProcessSpec, TcpReady

ADMIN = "admin"
ITERATIONS = 50_000
MAX_PACKET_BYTES = 256 * 1024
MAX_QUEUED_BYTES = 64 * 1024 * 1024


def spec(folder: Path, port: int, password: str) -> ProcessSpec:
    """The broker on this machine."""
    settings = prepare(folder, f"{port} 127.0.0.1", programs.dynamic_security_plugin(), password)
    return ProcessSpec(
        "mosquitto",
        (programs.find("mosquitto", "mosquitto", "MEDILEDGER_MQTT_URL"), "-c", str(settings)),
        folder,
        TcpReady(port),
        ports=(port,),
    )


def prepare(folder: Path, listener: str, plugin: Path, password: str) -> Path:
    """Write the broker's settings into ``folder``; the path of its settings file.

    ``listener`` is a port and an address. The dynamic security ``plugin`` keeps clients and roles; it
    starts with one admin, whose ``password`` counts the first time alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    security = folder / "dynamic-security.json"
    if not security.exists():
        _write(security, json.dumps(_first_state(password), indent=1))
    settings = folder / "mosquitto.conf"
    _write(
        settings,
        "\n".join(
            (
                f"listener {listener}",
                "allow_anonymous false",
                "per_listener_settings false",
                f"plugin {plugin}",
                f"plugin_opt_config_file {security}",
                f"max_packet_size {MAX_PACKET_BYTES}",
                "max_inflight_messages 100",
                "max_queued_messages 10000",
                "persistent_client_expiration 7d",
                # Started by root it would turn into an account that cannot write here.
                *(["user root"] if os.geteuid() == 0 else []),
                "persistence true",
                f"persistence_location {folder}/",
                "autosave_interval 60",
                "log_dest stderr",
                "log_timestamp_format %Y-%m-%dT%H:%M:%S",
                "",
            )
        ),
    )
    return settings


def _first_state(password: str) -> dict[str, Any]:
    """The plugin's file with an admin who may manage clients and read and write our topics."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)

    def allow(kind: str, topic: str) -> dict[str, Any]:
        return {"acltype": kind, "topic": topic, "priority": 0, "allow": True}

    # This plugin checks a shared subscription by its whole name.
    topics = ("$CONTROL/dynamic-security/#", "$SYS/#", "mediledger/#", "$share/+/mediledger/#")
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": True,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [
            {
                "username": ADMIN,
                "textname": "Administrator of devices",
                "roles": [{"rolename": "admin"}],
                "password": base64.b64encode(digest).decode(),
                "salt": base64.b64encode(salt).decode(),
                "iterations": ITERATIONS,
            }
        ],
        "groups": [],
        "roles": [
            {
                "rolename": "admin",
                "acls": [
                    allow(kind, topic)
                    for topic in topics
                    for kind in (
                        "publishClientSend",
                        "publishClientReceive",
                        "subscribePattern",
                        "unsubscribePattern",
                    )
                ],
            }
        ],
    }


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
