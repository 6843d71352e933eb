"""Chaincode definitions as the channel holds them, compared with the topology's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from fabric_protos.peer import policy_pb2
from google.protobuf.message import DecodeError

from network.policy import Policy, PolicyError, read
from network.policy_language import parse
from network.topology import Chaincode


def differs(committed: Mapping[str, Any], chaincode: Chaincode) -> bool:
    """Whether the committed definition has another version or endorsement policy than the topology's.

    ``committed`` is what ``peer lifecycle chaincode querycommitted`` answers in JSON.
    """
    if committed["version"] != chaincode.version:
        return True
    return _policy(committed.get("validation_parameter", "")) != parse(chaincode.policy)


def _policy(parameter: str) -> Policy | None:
    """The signature policy in a definition's validation parameter; None where it is of another kind."""
    try:
        application = policy_pb2.ApplicationPolicy.FromString(base64.b64decode(parameter, validate=True))
        if application.WhichOneof("Type") != "signature_policy":
            return None
        return read(application.signature_policy.SerializeToString())
    except (binascii.Error, DecodeError, PolicyError):
        return None
