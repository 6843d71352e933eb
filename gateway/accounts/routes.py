"""Endpoints for logging in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from gateway.accounts import service
from gateway.accounts.schemas import Me, Token
from gateway.core.auth import CurrentUser
from gateway.core.routing import router_for
from gateway.core.state import Core

router = router_for("/auth", "Accounts")


@router.post("/token", summary="Log in", response_model=Token)
async def token(
    request: Request, core: Core, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> dict[str, Any]:
    """An access token for a user name and password (OAuth 2.0, RFC 6749, section 4.3).

    After too many attempts 429; where attempts cannot be counted, 503.
    """
    address = request.client.host if request.client else "unknown"
    issued = await service.log_in(core, form.username, form.password, address)
    return {"access_token": issued, "token_type": "bearer", "expires_in": core.tokens.seconds}


@router.get("/me", summary="Who am I", response_model=Me)
async def me(core: Core, user: CurrentUser) -> dict[str, Any]:
    """The logged-in user and what the user may do."""
    return {
        "username": user.username,
        "role": user.role,
        "scopes": sorted(user.scopes),
        "member": core.settings.member,
        "gln": core.settings.gln,
    }
