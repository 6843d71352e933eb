"""Routers whose endpoints all answer in the same manner."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from gateway.core.problems import RESPONSES


class _Route(APIRoute):
    """An endpoint whose answer leaves out what a document does not have, instead of giving null."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **(options | {"response_model_exclude_unset": True}))


def router_for(prefix: str, tag: str) -> APIRouter:
    """A feature's router, under ``tag`` in the documentation."""
    return APIRouter(prefix=prefix, tags=[tag], responses=RESPONSES, route_class=_Route)
