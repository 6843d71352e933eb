"""Which of a member's people and programs may do what."""

from __future__ import annotations

from collections.abc import Mapping

from chaincode.model import duties
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.NOT_AUTHORISED)
def entrusted(attributes: Mapping[str, str], duty: str) -> None:
    """Whoever writes has a certificate in which its member's authority names the duty that this takes.

    Source: 21 CFR part 11, section 11.10(d), (g); Delegated Regulation (EU) 2016/161, article 37(b).
    """
    if duty not in duties.read(attributes):
        raise Refusal(Code.NOT_AUTHORISED, f"this takes the duty {duty}, which the certificate does not name")


@rule(Code.NOT_AUTHORISED)
def asked_by(called: str, chaincode: str) -> None:
    """What one chaincode keeps for another is changed by that one's transactions, and by no client.

    ``called`` is the chaincode that the client called.

    Source: design of MediLedger, "Who must sign"; authority checks as in 21 CFR part 11, section 11.10(g).
    """
    if called != chaincode:
        raise Refusal(
            Code.NOT_AUTHORISED, f"only the chaincode {chaincode} calls this, and not a client of {called}"
        )
