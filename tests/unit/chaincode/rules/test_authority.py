"""Duties in certificates, and what a chaincode alone may ask of another."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.rules import authority


@pytest.mark.allows("authority.entrusted")
def test_a_duty_among_others() -> None:
    authority.entrusted({"mediledger.duties": "custody,quality"}, "quality")


@pytest.mark.refuses("authority.entrusted")
@pytest.mark.parametrize(
    "attributes", [{}, {"mediledger.duties": "custody"}, {"mediledger.duties": "qualityx"}]
)
def test_a_duty_that_is_not_named(attributes: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="quality") as refused:
        authority.entrusted(attributes, "quality")
    assert refused.value.code is Code.NOT_AUTHORISED


@pytest.mark.allows("authority.asked_by")
def test_the_registry_in_its_own_transaction() -> None:
    authority.asked_by("registry", "registry")


@pytest.mark.refuses("authority.asked_by")
@pytest.mark.parametrize("called", ["custody", "Registry", ""])
def test_a_client_in_the_registrys_place(called: str) -> None:
    with pytest.raises(Refusal, match="registry") as refused:
        authority.asked_by(called, "registry")
    assert refused.value.code is Code.NOT_AUTHORISED
