from __future__ import annotations

from pathlib import Path

import pytest

from iot_bridge.__main__ import main


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "MEMBER": "distributor",
        "GLN": "9521234000020",
        "PROFILE": str(tmp_path / "profile.json"),
        "DATABASE_URL": "postgresql://u:secret@127.0.0.1:9/d",
        "MQTT_URL": "mqtt://u:secret@127.0.0.1:9",
    }.items():
        monkeypatch.setenv(f"MEDILEDGER_{name}", value)


@pytest.mark.usefixtures("complete")
def test_a_missing_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MEDILEDGER_MQTT_URL")
    monkeypatch.setenv("MEDILEDGER_GLN", "12")
    assert main() == 2
    told = capsys.readouterr().err
    assert "MEDILEDGER_MQTT_URL: Field required" in told
    assert "MEDILEDGER_GLN: String should match pattern" in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("complete")
def test_a_missing_profile_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    assert main() == 1
    (told,) = [record.getMessage() for record in caplog.records if record.name == "iot_bridge"]
    assert "profile.json" in told
    assert "secret" not in told
