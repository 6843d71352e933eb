"""Spans of calls, and what they never tell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gateway.fabric import EndorseError, Gateway, Identity, Network, signer_from_pem
from tests.unit.chaincode.shim.certificates import Pair
from tests.unit.gateway.fabric.envelopes import CHANNEL
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


@pytest.fixture
async def traced(
    fake: FakeGateway, identity: Identity, pair: Pair, provider: TracerProvider
) -> AsyncIterator[Network]:
    signer = signer_from_pem(pair.key_pem)
    async with Gateway([fake.peer], identity, signer, tracer=provider.get_tracer("test")) as gateway:
        yield gateway.network(CHANNEL)


def told(span: ReadableSpan) -> str:
    """All that a span carries, as text."""
    return span.to_json()


async def test_each_step_has_a_span(traced: Network, exporter: InMemorySpanExporter) -> None:
    contract = traced.contract("custody")
    await contract.evaluate("GetUnit", "an argument", transient={"price": "a secret"})
    submitted = await contract.submit_async("Commission", "an argument", transient={"price": "a secret"})
    await submitted.status()
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == [
        f"gateway.Gateway/{name}" for name in ("Evaluate", "Endorse", "Submit", "CommitStatus")
    ]
    for span in spans:
        assert span.kind is SpanKind.CLIENT
        assert span.attributes
        assert span.attributes["fabric.channel"] == CHANNEL
        assert span.attributes["fabric.chaincode"] == "custody"
        assert span.attributes["rpc.grpc.status_code"] == 0
        assert span.attributes["rpc.method"] == span.name.partition("/")[2]
        assert "argument" not in told(span)
        assert "secret" not in told(span)
    assert {span.attributes["fabric.transaction_id"] for span in spans[1:] if span.attributes} == {
        submitted.transaction_id
    }


async def test_a_failure_tells_its_code_and_no_words(
    fake: FakeGateway, traced: Network, exporter: InMemorySpanExporter
) -> None:
    fake.answer("Endorse", Failure(grpc.StatusCode.ABORTED, "serial 12345 is taken"))
    with pytest.raises(EndorseError):
        await traced.contract("custody").submit("Commission")
    [span] = exporter.get_finished_spans()
    assert span.attributes
    assert span.attributes["rpc.grpc.status_code"] == grpc.StatusCode.ABORTED.value[0]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ABORTED")
    assert "12345" not in told(span)


async def test_the_trace_goes_on_at_the_peer(
    fake: FakeGateway, traced: Network, network: Network, provider: TracerProvider
) -> None:
    with provider.get_tracer("caller").start_as_current_span("caller") as caller:
        await traced.contract("custody").evaluate("GetUnit")
        await network.contract("custody").evaluate("GetUnit")
    with_tracer, without = fake.metadata
    assert f"{caller.get_span_context().trace_id:032x}" in with_tracer["traceparent"]
    assert "traceparent" not in without


def test_without_opentelemetry_the_client_is_imported_and_used() -> None:
    program = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("opentelemetry", "pkcs11"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
from gateway.fabric import Gateway, Identity, Peer
import asyncio
async def main():
    async with Gateway([Peer("127.0.0.1:1", insecure=True)], Identity("AMSP", b"x"), None) as gateway:
        print(gateway.network("c").contract("d").proposal("f").transaction_id)
asyncio.run(main())
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=Path.cwd()
    )
    assert len(done.stdout.strip()) == 64
