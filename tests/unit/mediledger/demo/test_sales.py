"""Sales files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediledger.demo import sales


def written(path: Path, text: str) -> Path:
    file = path / "sales.csv"
    file.write_text(text)
    return file


def test_fractions_of_a_pack_are_carried_over(tmp_path: Path) -> None:
    file = written(tmp_path, "date,A,B\n2014-01-02,0.5,9\n2014-01-03,0.75,9\n2014-01-04,0.75,9\n")
    read = sales.read(file)
    assert read.days == (("2014-01-02", 0), ("2014-01-03", 1), ("2014-01-04", 1))
    assert read.packs == 2
    assert sales.read(file, "B").packs == 27


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date\n2014-01-02\n", "a date and one column at least"),
        ("date,A\n2014-01-02,x\n", "line 2, column A: 'x' is not a number"),
        ("date,A\n2014-01-02,-1\n", "line 2, column A: -1 is not a quantity"),
        ("date,A\n2014-01-02,nan\n", "line 2, column A: nan is not a quantity"),
        ("date,A\n2014-01-02\n", "line 2, column A: '' is not a number"),
        ("date,A\n2014-01-02,1000000\n", "at most 90000 are replayed"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(sales.SalesFileError, match=message):
        sales.read(written(tmp_path, text))


def test_an_unknown_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(sales.SalesFileError, match="no column C, there are A, B"):
        sales.read(written(tmp_path, "date,A,B\n2014-01-02,1,2\n"), "C")


@given(packs=st.integers(0, 5000), days=st.integers(1, 40))
def test_even_sales_add_up(packs: int, days: int) -> None:
    made = sales.even(packs, days)
    assert made.packs == packs
    assert len(made.days) == days
    assert max(q for _, q in made.days) - min(q for _, q in made.days) <= 1
