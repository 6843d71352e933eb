from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_bridge.exports import ExportError, read_export
from iot_bridge.readings import Reading

AT = 1_372_896_000_000  # 2013-07-04 00:00:00 UTC


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,value\n2013-07-04 00:00:00,5.12\n",
        "2013-07-04 00:00:00,5.12\n",
        "\ufefftimestamp,value\r\n2013-07-04T00:00:00Z,5.12\r\n\r\n",
        "Serial,Temperature (°C),Date/Time\nA1,5.12,2013-07-04T02:00:00+02:00\n",
        "wann,wieviel\n2013-07-04,5.12\n",
        "date,temp_c\n2013-07-04 00:00, 5.12 \n",
    ],
)
def test_shapes_of_an_export(tmp_path: Path, text: str) -> None:
    assert list(read_export(written(tmp_path, text), "celsius")) == [Reading(0, AT, 5120)]


@pytest.mark.parametrize(
    ("unit", "value", "milli"),
    [
        ("fahrenheit", "32", 0),
        ("fahrenheit", "69.88083514", 21045),
        ("fahrenheit", "-40", -40_000),
        ("kelvin", "273.15", 0),
        ("kelvin", "278.1505", 5000),
        ("celsius", "-0.0005", 0),
        ("celsius", "2.0015", 2002),
    ],
)
def test_units(tmp_path: Path, unit: str, value: str, milli: int) -> None:
    (made,) = read_export(written(tmp_path, f"2013-07-04,{value}\n"), unit)
    assert made.temperature_mc == milli


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.decimals(-200, 150, places=3))
def test_milli_degrees_are_exact(tmp_path: Path, value: Decimal) -> None:
    (made,) = read_export(written(tmp_path, f"2013-07-04,{value}\n"), "celsius")
    assert Decimal(made.temperature_mc) == value * 1000


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        (
            "timestamp,value\n2013-07-04,5\nyesterday,5\n",
            "celsius",
            "line 3, column 1: 'yesterday' is no timestamp",
        ),
        ("timestamp,value\n2013-07-04,warm\n", "celsius", "line 2, column 2: 'warm' is no number"),
        ("timestamp,value\n2013-07-04\n", "celsius", "line 2, column 2: missing"),
        ("2013-07-04,NaN\n", "celsius", "line 1, column 2: 'NaN' is no temperature"),
        ("2013-07-04,1e999999\n", "celsius", "line 1, column 2: '1e999999' is no temperature"),
        ("1912-07-04,5\n", "celsius", "line 1, column 1: '1912-07-04' is before 1970"),
        ("timestamp,value\n", "celsius", "no readings"),
        ("", "celsius", "no readings"),
        ("2013-07-04,5\n", "rankine", "unit 'rankine' is none of celsius, fahrenheit, kelvin"),
        ("a" * 20_000, "celsius", "line 1: longer than 10000 characters"),
        (b"\xff\xfe\x00", "celsius", "not UTF-8 text"),
        ('2013-07-04,"5\n', "celsius", "line 1: unexpected end of data"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str | bytes, unit: str, message: str) -> None:
    with pytest.raises(ExportError) as caught:
        list(read_export(written(tmp_path, text), unit))
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"export\.csv: No such file"):
        list(read_export(tmp_path / "export.csv", "celsius"))
