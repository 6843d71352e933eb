"""Identifiers: what names a party, a product, a pack or a container, and what a pack's dates and codes are.

Each returns the identifier in the form in which the ledger keeps it.
"""

from __future__ import annotations

from chaincode.model import countries, gs1, gs1_dates, refs
from chaincode.model import event_hash as event_hashes
from chaincode.model import ndc as ndcs
from chaincode.model.errors import Code
from chaincode.rules.catalogue import rule


@rule(Code.INVALID_ARGUMENT, Code.GTIN_CHECK_DIGIT)
def gtin(value: object, field: str) -> str:
    """A GTIN has 8, 12, 13 or 14 digits, the last its check digit, and is kept as 14.

    Source: GS1 General Specifications, sections 2.1 and 7.9; FD&C Act, section 581(20).
    """
    return gs1.gtin(value, field)


@rule(Code.INVALID_ARGUMENT, Code.GLN_CHECK_DIGIT)
def gln(value: object, field: str) -> str:
    """A GLN has 13 digits, the last its check digit.

    Source: GS1 General Specifications, sections 2.4 and 7.9.
    """
    return gs1.gln(value, field)


@rule(Code.INVALID_ARGUMENT, Code.SSCC_CHECK_DIGIT)
def sscc(value: object, field: str) -> str:
    """An SSCC has 18 digits, the last its check digit.

    Source: GS1 General Specifications, sections 2.2 and 7.9.
    """
    return gs1.sscc(value, field)


@rule(Code.SERIAL_INVALID)
def serial(value: object, field: str) -> str:
    """A serial number has 1 to 20 characters of GS1's character set 82.

    Source: GS1 General Specifications, section 3.5.2 and figure 7.11-1; FD&C Act, section 581(20); Delegated
    Regulation (EU) 2016/161, article 4(b)(ii).
    """
    return gs1.serial(value, field)


@rule(Code.LOT_INVALID)
def lot(value: object, field: str) -> str:
    """A lot number has 1 to 20 characters of GS1's character set 82.

    Source: GS1 General Specifications, section 3.4.1 and figure 7.11-1.
    """
    return gs1.lot(value, field)


@rule(Code.INVALID_ARGUMENT, Code.GTIN_CHECK_DIGIT, Code.SSCC_CHECK_DIGIT, Code.SERIAL_INVALID)
def ref(value: object, field: str) -> str:
    """A ref names a unit by GTIN and serial number or a container by SSCC, in any form that GS1 gives it.

    Element strings are raw (FNC1 as 0x1D) or bracketed; Digital Links are uncompressed, at any domain. What
    else they say, such as lot and expiry, does not make the goods others.

    Source: GS1 General Specifications, section 7.8; GS1 Digital Link Standard: URI Syntax, section 4.
    """
    return refs.normal(value, field)


@rule(Code.INVALID_ARGUMENT)
def expiry(value: str, year: int, field: str) -> str:
    """An expiry date YYMMDD is of the nearest century; day 00 means the last day of the month.

    Source: GS1 General Specifications, sections 3.4.7 and 7.12.
    """
    return gs1_dates.day(value, year, field)


@rule(Code.NDC_INVALID)
def ndc(value: object, gtin14: str, field: str) -> str:
    """An NDC is 4-4-2, 5-3-2, 5-4-1 or 5-4-2 digits, kept as 5-4-2, and is the one that its GTIN is made of.

    Source: 21 CFR 207.33 and 207.35; 45 CFR 162.1002 (the 11-digit form); FD&C Act, section 581(20).
    """
    normal = ndcs.normal(value, field)
    ndcs.match(gtin14, normal, field)
    return normal


@rule(Code.INVALID_ARGUMENT)
def event_hash(value: object, field: str) -> str:
    """An EPCIS event's hash is an event hash id of the Core Business Vocabulary 2.0.

    Source: GS1 Core Business Vocabulary 2.0, section 8.9; RFC 6920.
    """
    return event_hashes.event_hash(value, field)


@rule(Code.INVALID_ARGUMENT)
def country(value: object, field: str) -> str:
    """The country of an address has a code of two letters, in capitals.

    Source: ISO 3166-1 (alpha-2 codes); FD&C Act, section 581(26)(I) and (J).
    """
    return countries.country(value, field)
