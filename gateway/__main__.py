"""``python -m gateway``: serve one member's REST API."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import ValidationError

from gateway.app import create_app
from gateway.core import logs
from gateway.core.settings import Settings

STOP_SECONDS = 8
KEEP_ALIVE_SECONDS = 30


def main() -> int:
    """Serve until a signal; 2 where a setting is missing or malformed, each with one line on stderr."""
    try:
        settings = Settings()
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"]).upper()
            sys.stderr.write(f"MEDILEDGER_{name}: {one['msg']}\n")
        return 2
    logs.configure(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        # An address that a client claims in a header would get past the counting of logins.
        proxy_headers=False,
        limit_concurrency=settings.connections,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
