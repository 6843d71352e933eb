"""Results."""

import pytest

from chaincode.shim import Response, failure, success


def test_success_and_failure() -> None:
    assert success(b"x") == Response(200, b"x")
    assert failure("no", 404) == Response(404, b"", "no")
    with pytest.raises(ValueError, match="400"):
        failure("no", 399)
