"""Endpoints that show the analytics' reports."""

from __future__ import annotations

from gateway.core.routing import router_for

router = router_for("/analytics", "Analytics")
