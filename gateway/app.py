"""The application: every feature's endpoints under ``/api/v1``, wired to one member's connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from redis.asyncio import Redis

from gateway.accounts.routes import router as accounts
from gateway.coldchain.routes import router as coldchain
from gateway.compliance.routes import router as compliance
from gateway.containers.routes import router as containers
from gateway.core import database, documentation, problems
from gateway.core.auth import Tokens
from gateway.core.ledger import Ledger
from gateway.core.middleware import Envelope, Limits
from gateway.core.settings import Settings
from gateway.core.state import Gateway
from gateway.core.submissions import Submissions
from gateway.devices.routes import router as devices
from gateway.fabric import Profile, connect
from gateway.governance.routes import router as governance
from gateway.health.routes import router as health
from gateway.ledger.routes import router as ledger
from gateway.lots.routes import router as lots
from gateway.parties.routes import router as parties
from gateway.products.routes import router as products
from gateway.reports.routes import router as reports
from gateway.transfers.routes import returns
from gateway.transfers.routes import router as transfers
from gateway.units.routes import router as units

PREFIX = "/api/v1"
VERSION = "0.1.0"
REDIS_SECONDS = 3.0
ROUTERS = (
    accounts,
    parties,
    products,
    lots,
    units,
    containers,
    transfers,
    returns,
    devices,
    coldchain,
    compliance,
    governance,
    ledger,
    reports,
    health,
)
DESCRIPTION = """
The custody of medicines, as one member of the consortium sees and changes it.

* **Log in**: press *Authorize* and give a user name and password.
* **Writing**: every POST may carry an `Idempotency-Key`. The same key with the same body gives the same
  answer and writes once, however often it is sent: after a lost answer, or 502, 503 or 504, send it again.
* **Errors** are problems (RFC 9457); their `code` is what a program looks at.
* **Lists** come from the member's mirror, a moment behind the ledger, in pages: pass `next` as `cursor`.
"""


def create_app(settings: Settings) -> FastAPI:
    """The application for ``settings``; it connects when it starts and closes when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.gateway = await _connected(settings, stack)
            yield

    # Its documentation page comes with the process: a member's network need not reach the Internet.
    app = FastAPIOffline(
        title=f"MediLedger: {settings.member}",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        swagger_ui_parameters={"persistAuthorization": True},
    )
    problems.install(app)
    documentation.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.add_middleware(Limits, body_bytes=settings.body_bytes, seconds=settings.request_seconds)
    app.add_middleware(Envelope)
    return app


async def _connected(settings: Settings, stack: AsyncExitStack) -> Gateway:
    engine = database.engine(settings)
    stack.push_async_callback(engine.dispose)
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
    stack.push_async_callback(redis.aclose)
    fabric = await stack.enter_async_context(connect(Profile.load(settings.profile)))
    channel = Ledger(fabric.network(settings.channel), settings.ledger_calls, settings.ledger_waiting)
    submissions = Submissions(
        engine, channel, settings.submission_seconds, timedelta(days=settings.submission_days)
    )
    await submissions.start()
    stack.push_async_callback(submissions.close)
    return Gateway(settings, engine, redis, channel, submissions, Tokens.of(settings))
