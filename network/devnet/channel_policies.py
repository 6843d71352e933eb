"""The policies of a channel's configuration, by their paths, such as ``/Channel/Application/Writers``."""

from __future__ import annotations

from fabric_protos.common import configtx_pb2, policies_pb2
from google.protobuf.message import DecodeError

from network import policy
from network.policy import Policy, PolicyError

READERS = "/Channel/Application/Readers"
WRITERS = "/Channel/Application/Writers"
ENDORSEMENT = "/Channel/Application/Endorsement"
LIFECYCLE_ENDORSEMENT = "/Channel/Application/LifecycleEndorsement"
# Who may hand envelopes to the ordering service.
ORDERING_WRITERS = "/Channel/Writers"

_NOBODY = Policy(1, ())
_META = policies_pb2.ImplicitMetaPolicy


class ChannelPolicies:
    """What a channel asks for; a policy that it does not have is one that nobody satisfies."""

    def __init__(self, channel: configtx_pb2.ConfigGroup) -> None:
        """PolicyError where one of the policies cannot be read."""
        self._policies: dict[str, Policy] = {}
        self._read("/Channel", channel)

    def get(self, path: str) -> Policy | None:
        """A policy by its path."""
        return self._policies.get(path)

    def need(self, path: str) -> Policy:
        """A policy by its path; nobody satisfies one that is not there."""
        return self._policies.get(path, _NOBODY)

    def _read(self, path: str, group: configtx_pb2.ConfigGroup) -> None:
        for name, below in group.groups.items():
            self._read(f"{path}/{name}", below)
        for name, one in group.policies.items():
            made = one.policy
            if made.type == policies_pb2.Policy.SIGNATURE:
                self._policies[f"{path}/{name}"] = policy.read(made.value)
            elif made.type == policies_pb2.Policy.IMPLICIT_META:
                self._policies[f"{path}/{name}"] = self._implicit(path, group, made.value)
            else:
                raise PolicyError(f"policy {name} at path {path} has unknown policy type: {made.type}")

    def _implicit(self, path: str, group: configtx_pb2.ConfigGroup, value: bytes) -> Policy:
        """Any, all or most of the groups below; none where there are none."""
        try:
            meta = _META.FromString(value)
        except DecodeError as error:
            raise PolicyError(f"an implicit policy at path {path} cannot be decoded") from error
        rules = tuple(self.need(f"{path}/{name}/{meta.sub_policy}") for name in sorted(group.groups))
        needed = {_META.ANY: 1, _META.ALL: len(rules), _META.MAJORITY: len(rules) // 2 + 1}[meta.rule]
        return Policy(needed if rules else 0, rules, apart=True, label=meta.sub_policy)
