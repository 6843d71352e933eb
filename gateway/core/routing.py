"""Routers whose endpoints all answer in the same manner."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from gateway.core.problems import RESPONSES


class _Route(APIRoute):
    """An endpoint whose ``response_model`` describes its answer and does not change or check it.

    What the ledger holds is told as it is. A check here would turn a committed transaction into an error, and
    quote what it found in the log.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        model = options.pop("response_model", None)
        if isinstance(model, type):
            success = options.get("status_code") or 200
            described = options.get("responses") or {}
            options["responses"] = {**described, success: {**described.get(success, {}), "model": model}}
        super().__init__(path, endpoint, **options, response_model=None)


def router_for(prefix: str, tag: str) -> APIRouter:
    """A feature's router, under ``tag`` in the documentation."""
    return APIRouter(prefix=prefix, tags=[tag], responses=RESPONSES, route_class=_Route)
