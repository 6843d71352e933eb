"""National Drug Codes: their divisions, the HIPAA form, the GTIN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import gs1, ndc
from chaincode.model.errors import Code, Refusal
from chaincode.model.ndc import DIVISIONS, Ndc
from tests.unit.chaincode.model.gs1_strategies import digits


@st.composite
def ndcs(draw: st.DrawFn) -> Ndc:
    labeler, product, package = draw(st.sampled_from(DIVISIONS))
    code = draw(digits(labeler)).replace("0", "1", 1) if labeler == 5 else f"0{draw(digits(labeler - 2))}7"
    if labeler == 5 and code[0] == "0":
        code = f"1{code[1:]}"
    return Ndc(code, draw(digits(product)), draw(digits(package)))


@given(ndcs())
def test_hyphens_keep_the_division(code: Ndc) -> None:
    assert ndc.parse(str(code)) == code
    assert ndc.normal(str(code)) == code.hipaa
    assert ndc.normal(code.hipaa) == ndc.normal(code.hipaa.replace("-", "")) == code.hipaa


@given(ndcs(), st.integers(0, 8))
def test_the_gtin_holds_the_ten_digits(code: Ndc, indicator: int) -> None:
    gtin = code.gtin(indicator)
    assert gs1.gtin(gtin) == gtin
    assert ndc.in_gtin(gtin) == code.digits
    division = (len(code.labeler), len(code.product), len(code.package))
    assert ndc.of_gtin(gtin, division) == code
    ndc.match(gtin, str(code))
    ndc.match(gtin, code.hipaa)


@given(ndcs())
def test_ten_digits_and_eleven_say_the_same_or_say_that_they_do_not(code: Ndc) -> None:
    for written in (code.digits, code.hipaa):
        try:
            assert ndc.parse(written) == code
        except Refusal as refusal:
            assert refusal.code is Code.NDC_INVALID
            assert str(code) in refusal.message


# Published: the FDA's example of the three divisions' HIPAA forms, and a GTIN of a pack sold in the US.
@pytest.mark.parametrize(
    ("written", "hipaa"),
    [
        ("0002-7597-01", "00002-7597-01"),
        ("50242-040-62", "50242-0040-62"),
        ("60575-4112-1", "60575-4112-01"),
        ("0002759701", "00002-7597-01"),
        ("00002759701", "00002-7597-01"),
        ("99999-0100-10", "99999-0100-10"),
    ],
)
def test_published_forms(written: str, hipaa: str) -> None:
    assert ndc.parse(written).hipaa == ndc.normal(written) == hipaa


def test_division_of_eleven_digits() -> None:
    assert str(ndc.parse("00002-7597-01")) == "0002-7597-01"
    assert str(ndc.parse("50242004062")) == "50242-040-62"
    with pytest.raises(Refusal) as refused:
        ndc.parse("50242-0040-02")
    assert "50242-040-02 or 50242-0040-2" in refused.value.message


def test_published_gtin() -> None:
    """GS1 Healthcare US's guideline: NDC 0114-1423-12 (invented there) and prefix 03."""
    gtin = Ndc("0614", "1411", "23").gtin()
    assert gtin.startswith("003061414112")
    assert ndc.in_gtin("06291041500213") is None
    ndc.match("06291041500213", "0002-7597-01")


@pytest.mark.parametrize(
    "value",
    [None, 2759701, "", "1-2-3", "0002-7597-1", "0000-7597-01", "00002-759-01", "00000-7597-01",
     "00000759701", "0002759701x", "000275970", "000027597011", "0002--759701",
     "٠٠٠٢-٧٥٩٧-٠١", "0002-7597-01 "],
)  # fmt: skip
def test_no_ndc(value: object) -> None:
    for read in (ndc.parse, ndc.normal):
        with pytest.raises(Refusal) as refused:
            read(value, "product.ndc")
        assert (refused.value.code, refused.value.field) == (Code.NDC_INVALID, "product.ndc")


def test_the_gtin_of_another_ndc() -> None:
    gtin = Ndc("0002", "7597", "01").gtin()
    with pytest.raises(Refusal) as refused:
        ndc.match(gtin, "0002-7597-02", "ndc")
    assert (refused.value.code, refused.value.field) == (Code.NDC_INVALID, "ndc")
    with pytest.raises(Refusal):
        ndc.of_gtin(gtin, (5, 3, 2))
    with pytest.raises(Refusal):
        ndc.of_gtin("06291041500213", (4, 4, 2))
