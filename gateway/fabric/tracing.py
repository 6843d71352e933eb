"""OpenTelemetry spans of the calls, where the caller configured a tracer.

This client never imports opentelemetry unless it is given a tracer, and needs opentelemetry-api alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc

from gateway.fabric.calls import Method, Subject
from gateway.fabric.errors import GatewayCallError

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

Metadata = tuple[tuple[str, str], ...]

SERVICE = "gateway.Gateway"


class Tracing:
    """A span of kind client for each call: what it is about and how it ended, never what it carries."""

    def __init__(self, tracer: Tracer) -> None:
        # Here, since whoever gives no tracer need not have it installed.
        from opentelemetry import propagate, trace

        self._tracer = tracer
        self._inject = propagate.inject
        self._kind = trace.SpanKind.CLIENT
        self._error = trace.StatusCode.ERROR

    @contextmanager
    def span(self, method: Method, subject: Subject, address: str) -> Iterator[Metadata]:
        """A call's span, current while it is entered; yields the metadata that carries it to the peer."""
        attributes = {
            "rpc.system": "grpc",
            "rpc.service": SERVICE,
            "rpc.method": method.name,
            "server.address": address,
            "fabric.channel": subject.channel,
            "fabric.transaction_id": subject.transaction_id,
        }
        if subject.chaincode:
            attributes["fabric.chaincode"] = subject.chaincode
        with self._tracer.start_as_current_span(
            f"{SERVICE}/{method.name}",
            kind=self._kind,
            attributes=attributes,
            # An exception's text may hold a chaincode's words about its arguments.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            carried: dict[str, str] = {}
            self._inject(carried)
            try:
                yield tuple(carried.items())
            except GatewayCallError as error:
                span.set_attribute("rpc.grpc.status_code", error.code.value[0])
                span.set_status(self._error, error.code.name)
                raise
            except BaseException:
                span.set_attribute("rpc.grpc.status_code", grpc.StatusCode.CANCELLED.value[0])
                span.set_status(self._error, grpc.StatusCode.CANCELLED.name)
                raise
            span.set_attribute("rpc.grpc.status_code", grpc.StatusCode.OK.value[0])
