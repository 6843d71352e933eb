"""The system chaincodes of a peer: what they answer, and to whom."""

from __future__ import annotations

from fabric_protos.peer import proposal_response_pb2

from network.devnet.errors import DevnetError
from network.devnet.system import cscc, lifecycle, qscc
from network.devnet.system.query import Failed, Query

LIFECYCLE, LEGACY = "_lifecycle", "lscc"
_ANSWERS = {"qscc": qscc.answer, "cscc": cscc.answer, LIFECYCLE: lifecycle.answer}
# A peer still counts the former lifecycle's among them, but has it no more.
NAMES = frozenset({*_ANSWERS, LEGACY})
# What endorsements of their answers name as the chaincode's version.
VERSION = "syscc"
SUCCESS = 200
_FROM_CHAINCODE = {
    "qscc": "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks",
    "cscc": "Rejecting invoke of CSCC from another chaincode",
}

__all__ = ["LIFECYCLE", "NAMES", "VERSION", "Query", "answer", "answer_chaincode"]


def answer(name: str, query: Query) -> proposal_response_pb2.Response:
    """What a system chaincode answers; its status says where it has no answer.

    DevnetError where the peer does not run it.
    """
    if name == LEGACY:
        raise DevnetError(
            "could not launch chaincode lscc.syscc: error building chaincode: error building image: "
            "failed to get chaincode package for external build: "
            "could not get legacy chaincode package 'lscc.syscc': "
            "open lscc.syscc: no such file or directory"
        )
    try:
        return proposal_response_pb2.Response(status=SUCCESS, payload=_ANSWERS[name](query))
    except Failed as failed:
        return proposal_response_pb2.Response(status=failed.status, message=str(failed))


def answer_chaincode(name: str, query: Query) -> proposal_response_pb2.Response:
    """The same to another chaincode that calls it: most of them answer clients only."""
    if name in _FROM_CHAINCODE:
        words = f"{_FROM_CHAINCODE[name]}, original invocation for '{query.proposal.chaincode}'"
        return proposal_response_pb2.Response(status=500, message=words)
    return answer(name, query)
