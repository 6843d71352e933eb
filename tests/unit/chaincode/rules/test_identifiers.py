"""Identifiers as the rules demand them; every form is in tests/unit/chaincode/model."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaincode.model.documents.epcis import EventHash
from chaincode.model.errors import Code, Refusal
from chaincode.rules import epcis, identifiers

GTIN = "06291041500213"
SSCC = "376104250021234569"
HASH = f"ni:///sha-256;{'ab' * 32}?ver=CBV2.0"
ANCHORED: EventHash = {"doc": "event_hash", "hash": HASH, "gln": "1", "msp_id": "M", "anchored_at": 1}


@pytest.mark.parametrize(
    ("call", "kept"),
    [
        pytest.param(
            lambda: identifiers.gtin("96385074", "f"),
            "00000096385074",
            marks=pytest.mark.allows("identifiers.gtin"),
        ),
        pytest.param(
            lambda: identifiers.gln("6291041500213", "f"),
            "6291041500213",
            marks=pytest.mark.allows("identifiers.gln"),
        ),
        pytest.param(lambda: identifiers.sscc(SSCC, "f"), SSCC, marks=pytest.mark.allows("identifiers.sscc")),
        pytest.param(
            lambda: identifiers.serial("A/1_(b)", "f"),
            "A/1_(b)",
            marks=pytest.mark.allows("identifiers.serial"),
        ),
        pytest.param(
            lambda: identifiers.lot("L-2026/1", "f"), "L-2026/1", marks=pytest.mark.allows("identifiers.lot")
        ),
        pytest.param(
            lambda: identifiers.ref(f"(01){GTIN}(17)270600(21)A", "f"),
            f"01{GTIN}21A",
            marks=pytest.mark.allows("identifiers.ref"),
        ),
        pytest.param(
            lambda: identifiers.ref(f"https://x.example/00/{SSCC}", "f"),
            f"00{SSCC}",
            marks=pytest.mark.allows("identifiers.ref"),
        ),
        pytest.param(
            lambda: identifiers.expiry("280200", 2026, "f"),
            "2028-02-29",
            marks=pytest.mark.allows("identifiers.expiry"),
        ),
        pytest.param(
            lambda: identifiers.ndc("0002-7597-01", GTIN, "f"),
            "00002-7597-01",
            marks=pytest.mark.allows("identifiers.ndc"),
        ),
        pytest.param(
            lambda: identifiers.country("CH", "f"), "CH", marks=pytest.mark.allows("identifiers.country")
        ),
        pytest.param(
            lambda: identifiers.event_hash(HASH, "f"),
            HASH,
            marks=pytest.mark.allows("identifiers.event_hash"),
        ),
    ],
)
def test_kept_as(call: Callable[[], str], kept: str) -> None:
    assert call() == kept


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param(
            lambda: identifiers.country("XX", "f"),
            Code.INVALID_ARGUMENT,
            marks=pytest.mark.refuses("identifiers.country"),
        ),
        pytest.param(
            lambda: identifiers.gtin("96385075", "f"),
            Code.GTIN_CHECK_DIGIT,
            marks=pytest.mark.refuses("identifiers.gtin"),
        ),
        pytest.param(
            lambda: identifiers.gln("6291041500214", "f"),
            Code.GLN_CHECK_DIGIT,
            marks=pytest.mark.refuses("identifiers.gln"),
        ),
        pytest.param(
            lambda: identifiers.sscc("376104250021234560", "f"),
            Code.SSCC_CHECK_DIGIT,
            marks=pytest.mark.refuses("identifiers.sscc"),
        ),
        pytest.param(
            lambda: identifiers.serial("A" * 21, "f"),
            Code.SERIAL_INVALID,
            marks=pytest.mark.refuses("identifiers.serial"),
        ),
        pytest.param(
            lambda: identifiers.lot("L 1", "f"),
            Code.LOT_INVALID,
            marks=pytest.mark.refuses("identifiers.lot"),
        ),
        pytest.param(
            lambda: identifiers.ref(f"(01){GTIN}(10)A", "f"),
            Code.INVALID_ARGUMENT,
            marks=pytest.mark.refuses("identifiers.ref"),
        ),
        pytest.param(
            lambda: identifiers.expiry("271300", 2026, "f"),
            Code.INVALID_ARGUMENT,
            marks=pytest.mark.refuses("identifiers.expiry"),
        ),
        pytest.param(
            lambda: identifiers.ndc("0002-7597-1", GTIN, "f"),
            Code.NDC_INVALID,
            marks=pytest.mark.refuses("identifiers.ndc"),
        ),
        pytest.param(
            lambda: identifiers.ndc("0002-7597-02", "00300027597017", "f"),
            Code.NDC_INVALID,
            marks=pytest.mark.refuses("identifiers.ndc"),
        ),
        pytest.param(
            lambda: identifiers.event_hash("ab" * 32, "f"),
            Code.INVALID_ARGUMENT,
            marks=pytest.mark.refuses("identifiers.event_hash"),
        ),
    ],
)
def test_refused(call: Callable[[], str], code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        call()
    assert (refused.value.code, refused.value.field) == (code, "f")


@pytest.mark.allows("epcis.not_anchored")
def test_an_event_nobody_anchored() -> None:
    epcis.not_anchored(None, "events[0].hash")


@pytest.mark.refuses("epcis.not_anchored")
def test_an_event_that_somebody_anchored() -> None:
    with pytest.raises(Refusal) as refused:
        epcis.not_anchored(ANCHORED, "events[0].hash")
    assert (refused.value.code, refused.value.field) == (Code.EVENT_HASH_EXISTS, "events[0].hash")
