"""The tables in the client's README are what its functions do."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from fabric_protos.peer import transaction_pb2

import gateway.fabric
from gateway.fabric import Deadlines, Gateway, Network
from gateway.fabric.outcomes import Next, Sent, after_status, after_submit

README = (Path(gateway.fabric.__file__).parent / "README.md").read_text()
CODES = list(grpc.StatusCode)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a line."""
    table = README.partition(heading + "\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def fits(cell: str, name: str) -> bool:
    return cell == "any" or name in cell.split(", ")


@pytest.mark.parametrize("sent", list(Sent))
@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("code", CODES)
def test_after_submit(code: grpc.StatusCode, busy: bool, sent: Sent) -> None:
    if busy and code == grpc.StatusCode.OK:
        return
    answer = "busy" if busy else code.name
    row = next(row for row in rows("`after_submit`:") if fits(row[0], answer) and fits(row[1], sent.name))
    then = sent if row[3] == "as before" else Sent[row[3]]
    assert after_submit(code, busy, sent) == (Next[row[2]], then)


@pytest.mark.parametrize("sent", list(Sent))
@pytest.mark.parametrize("code", [code for code in CODES if code != grpc.StatusCode.OK])
def test_after_status_without_an_answer(code: grpc.StatusCode, sent: Sent) -> None:
    row = next(row for row in rows("`after_status`:") if fits(row[0], code.name) and fits(row[1], sent.name))
    assert after_status(None, code, sent) is Next[row[2]]


@pytest.mark.parametrize("sent", list(Sent))
@pytest.mark.parametrize("code", transaction_pb2.TxValidationCode.values())
def test_after_status_with_a_validation_code(code: int, sent: Sent) -> None:
    name = f"validation code {transaction_pb2.TxValidationCode.Name(code)}"
    row = next(row for row in rows("`after_status`:") if row[0] in (name, "validation code"))
    assert after_status(code, grpc.StatusCode.OK, sent) is Next[row[2]]


def test_every_row_is_reached() -> None:
    """None is hidden by those above it."""
    reached = set()
    for code in CODES:
        for sent in Sent:
            for answer in (code.name, "busy"):
                for place, row in enumerate(rows("`after_submit`:")):
                    if fits(row[0], answer) and fits(row[1], sent.name):
                        reached.add(place)
                        break
    assert reached == set(range(len(rows("`after_submit`:"))))


def test_what_the_feature_table_names_is_there() -> None:
    cells = " ".join(row[1] for row in rows("## What the official clients have, and where it is here"))
    for name in (
        "chaincode_events",
        "block_events",
        "filtered_block_events",
        "block_and_private_data_events",
    ):
        assert name in cells
        assert hasattr(Network, name)
        assert hasattr(Network, f"{name}_request")
        assert hasattr(Network, f"{name}_request_from")
        assert hasattr(Deadlines(), name)
    for name in (
        "InMemoryCheckpointer",
        "FileCheckpointer",
        "Deadlines",
        "signer_from_pem",
        "TlsClient",
        "hashes",
    ):
        assert name in cells
        assert hasattr(gateway.fabric, name)
    assert hasattr(Gateway, "network")
