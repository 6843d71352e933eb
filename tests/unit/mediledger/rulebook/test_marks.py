from __future__ import annotations

from pathlib import Path

import pytest

from mediledger.rulebook.marks import MarkError, shown

MODULE = """
import pytest

pytestmark = [pytest.mark.timeout(5), pytest.mark.allows("whole.module")]

@pytest.mark.refuses("goods.loose", "goods.held")
async def test_packed(): ...

@pytest.mark.parametrize("one", [1, pytest.param(2, marks=pytest.mark.refuses("goods.loose"))])
def test_one_by_one(one): ...

class TestMany:
    @pytest.mark.allows("goods.loose")
    def test_loose(self): ...

@pytest.mark.allows("goods.loose")
def helper(): ...
"""


def test_marks_are_found_wherever_pytest_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "tests" / "rules" / "test_goods.py"
    path.parent.mkdir(parents=True)
    path.write_text(MODULE)
    path.with_name("helpers.py").write_text(MODULE)
    found = shown(tmp_path / "tests", tmp_path)
    tests = [
        f"tests/rules/test_goods.py::{name}" for name in ("test_packed", "test_one_by_one", "test_loose")
    ]
    assert found.refused == {"goods.loose": tests[:2], "goods.held": tests[:1]}
    assert found.allowed == {"whole.module": tests, "goods.loose": tests[2:]}
    assert found.rules() == {"goods.loose", "goods.held", "whole.module"}


@pytest.mark.parametrize("argument", ["", "NAME", "5", '"goods.loose", NAME'])
def test_a_mark_that_cannot_be_read_is_an_error(tmp_path: Path, argument: str) -> None:
    path = tmp_path / "test_one.py"
    path.write_text(f"@pytest.mark.allows({argument})\ndef test_one(): ...\n")
    with pytest.raises(MarkError, match=r"test_one.py:1: allows names rules, each as a text"):
        shown(tmp_path, tmp_path)
