from __future__ import annotations

import json
import logging

from gateway.core.logs import JsonFormatter, request_id


def formatted(**more: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "hello %s", "args": ("you",)})
    vars(record).update(more)
    return json.loads(JsonFormatter().format(record))


def test_one_json_object_a_line() -> None:
    line = formatted(tx_id="ab", odd=object())
    assert (line["level"], line["logger"], line["message"], line["tx_id"]) == ("info", "a", "hello you", "ab")
    assert str(line["odd"]).startswith("<object")
    assert "\n" not in JsonFormatter().format(logging.makeLogRecord({"msg": "two\nlines"}))


def test_the_requests_id_is_on_its_lines() -> None:
    token = request_id.set("r1")
    assert formatted()["request_id"] == "r1"
    request_id.reset(token)
    assert "request_id" not in formatted()


def test_an_exceptions_stack() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        line = formatted(exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: why" in str(line["exception"])
