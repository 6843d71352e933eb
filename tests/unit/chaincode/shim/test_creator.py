"""The client's identity."""

import pytest
from fabric_protos.msp import identities_pb2

from chaincode.shim import Creator, ShimError
from chaincode.shim.creator import creator_from
from tests.unit.chaincode.shim.certificates import issue


def test_subject_and_attributes_come_from_the_certificate() -> None:
    creator = Creator("ManufacturerMSP", issue("line 3", attributes={"gln": "0614141000005"}).pem)
    assert creator.subject == "CN=line 3"
    assert creator.attributes == {"gln": "0614141000005"}


def test_a_certificate_without_attributes_has_none() -> None:
    assert Creator("M", issue("plain").pem).attributes == {}


@pytest.mark.parametrize("value", [b"not json", b"[]", b'{"attrs": 3}'])
def test_damaged_attributes_are_an_error(value: bytes) -> None:
    with pytest.raises(ShimError, match="attributes"):
        _ = Creator("M", issue("damaged", attributes=value).pem).attributes


def test_a_damaged_certificate_is_an_error() -> None:
    with pytest.raises(ShimError, match="certificate"):
        _ = Creator("M", b"nothing").subject


def test_equal_identities_are_read_once() -> None:
    serialized = identities_pb2.SerializedIdentity(mspid="M", id_bytes=b"pem").SerializeToString()
    assert creator_from(serialized) is creator_from(bytes(serialized))
    assert creator_from(serialized).msp_id == "M"


def test_the_certificate_is_not_in_its_text() -> None:
    assert "pem" not in repr(Creator("M", b"pem"))
