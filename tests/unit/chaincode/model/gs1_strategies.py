"""Random GS1 data: keys with their check digits, elements of every AI."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from chaincode.model import gs1
from chaincode.model.application_identifiers import TABLE, ApplicationIdentifier, Element

set_82 = st.text(alphabet=gs1.CSET_82, min_size=1, max_size=20)


def digits(minimum: int, maximum: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet=string.digits, min_size=minimum, max_size=maximum or minimum)


def key(length: int) -> st.SearchStrategy[str]:
    """Digits that end in their check digit."""
    return digits(length - 1).map(lambda body: body + gs1.check_digit(body))


dates = st.dates().map(lambda day: day.strftime("%y%m%d")) | st.dates().map(
    lambda day: day.strftime("%y%m00")
)
minutes = st.datetimes().map(lambda moment: moment.strftime("%y%m%d%H%M"))


def value_of(ai: ApplicationIdentifier) -> st.SearchStrategy[str]:
    """A value that the AI allows."""
    if ai.ai == "7003":
        return minutes.filter(lambda text: text[2:6] != "0229")
    if ai.check is not None and ai.maximum == 6:
        return dates.filter(lambda text: text[2:] != "0229")
    if ai.check is not None:
        return key(ai.maximum)
    if ai.numeric:
        return digits(ai.minimum, ai.maximum)
    return st.text(alphabet=gs1.CSET_82, min_size=ai.minimum, max_size=ai.maximum)


def element_of(ai: str) -> st.SearchStrategy[Element]:
    return value_of(TABLE[ai]).map(lambda value: Element(ai, value))


def elements(*among: str, minimum: int = 1) -> st.SearchStrategy[tuple[Element, ...]]:
    """Elements in any order, no AI twice."""
    chosen = st.lists(st.sampled_from(among or sorted(TABLE)), min_size=minimum, max_size=7, unique=True)
    return chosen.flatmap(lambda ais: st.tuples(*map(element_of, ais)))
