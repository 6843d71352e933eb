"""Prices, known to two parties and to everybody else by a hash alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chaincode.model.documents.registry import Party
from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule
from chaincode.rules.offers import KINDS

# Units of account that goods are paid in: ISO 4217, without funds, metals and testing codes.
_CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
    "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR "
    "PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF "
    "XPF YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset(_CURRENCIES.split())
INCOTERMS = frozenset(("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"))


@rule(Code.INVALID_ARGUMENT)
def of_a_sale(transfer: Transfer, field: str) -> None:
    """A price is paid for a change of ownership.

    Source: Uniform Commercial Code, section 2-106(1).
    """
    if not KINDS[transfer["kind"]].ownership:
        message = f"nobody buys by a transfer of kind {transfer['kind']}"
        raise Refusal(Code.INVALID_ARGUMENT, message, field)


@rule(Code.NOT_AUTHORISED)
def known_to(sides: Collection[Party], msp_id: str, field: str) -> None:
    """A price is known to the two parties of its transfer, and to nobody else.

    Source: Design of MediLedger: the consortium's own. The law counts no price among transaction information
    (FD&C Act, section 581(26)).
    """
    if all(side["msp_id"] != msp_id for side in sides):
        raise Refusal(Code.NOT_AUTHORISED, f"{msp_id} is no party of this transfer", field)


@rule(Code.PRICE_MISMATCH)
def agreed(hashes: Sequence[str | None], given: str | None, field: str) -> None:
    """Who accepts a transfer with a price names the hash of that price, and both sides hold just that price.

    ``hashes`` are of the parties' collections, None where one holds no price.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if all(found is None for found in hashes) and given is None:
        return
    if given is None:
        raise Refusal(Code.PRICE_MISMATCH, "the transfer has a price: its hash is to be named", field)
    if any(found != given for found in hashes):
        raise Refusal(Code.PRICE_MISMATCH, "that is not the hash of the price that both sides hold", field)
