"""An MSP folder as the channel's configuration carries it, as Fabric's tools read one (msp/configbuilder)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from fabric_protos.msp import msp_config_pb2

from network.devnet.errors import DevnetError

_ROLES = ("Client", "Peer", "Admin", "Orderer")


def read(msp_id: str, folder: Path) -> msp_config_pb2.FabricMSPConfig:
    """The folder's certificates, revocation lists and units; DevnetError where it makes no sense."""
    try:
        settings: Any = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")) or {}
        units = [_unit(folder, one) for one in settings.get("OrganizationalUnitIdentifiers") or ()]
        roles = _roles(folder, settings.get("NodeOUs") or {})
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise DevnetError(f"{folder / 'config.yaml'} cannot be read: {error}") from error
    return msp_config_pb2.FabricMSPConfig(
        name=msp_id,
        root_certs=_files(folder / "cacerts"),
        intermediate_certs=_files(folder / "intermediatecerts"),
        admins=_files(folder / "admincerts"),
        revocation_list=_files(folder / "crls"),
        tls_root_certs=_files(folder / "tlscacerts"),
        tls_intermediate_certs=_files(folder / "tlsintermediatecerts"),
        organizational_unit_identifiers=units,
        crypto_config=msp_config_pb2.FabricCryptoConfig(
            signature_hash_family="SHA2", identity_identifier_hash_function="SHA256"
        ),
        fabric_node_ous=roles,
    )


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.is_dir() else []


def _roles(folder: Path, settings: Any) -> msp_config_pb2.FabricNodeOUs | None:
    if not settings:
        return None
    fields = {
        f"{role.lower()}_ou_identifier": _unit(folder, settings[f"{role}OUIdentifier"])
        for role in _ROLES
        if settings.get(f"{role}OUIdentifier")
    }
    return msp_config_pb2.FabricNodeOUs(enable=bool(settings.get("Enable")), **fields)


def _unit(folder: Path, settings: Any) -> msp_config_pb2.FabricOUIdentifier:
    """A unit, with the certificate of the authority that may give it where one is named."""
    named = settings.get("Certificate")
    return msp_config_pb2.FabricOUIdentifier(
        certificate=(folder / named).read_bytes() if named else b"",
        organizational_unit_identifier=settings["OrganizationalUnitIdentifier"],
    )
