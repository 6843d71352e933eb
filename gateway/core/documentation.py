"""The OpenAPI description as this API really answers: problems in the place of FastAPI's own error form."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from gateway.core.problems import Problem

_REPLACED = ("HTTPValidationError", "ValidationError")
_TEMPLATE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Make ``app`` describe its problems."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            # FastAPI keeps what it made, so this is the object that is changed.
            _add_problems(described())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add_problems(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    _, made = models_json_schema([(Problem, "serialization")], ref_template=_TEMPLATE)
    schemas |= made["$defs"]
    for name in _REPLACED:
        schemas.pop(name, None)
    for path in description["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
