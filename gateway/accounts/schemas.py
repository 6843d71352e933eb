"""What the API says about logging in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gateway.core.schemas import GLN


class Token(BaseModel):
    """An access token, for the header ``Authorization: Bearer …``; ``expires_in`` is in seconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"access_token": "eyJhbGciOi…", "token_type": "bearer", "expires_in": 900}
        }
    )

    access_token: str
    token_type: str
    expires_in: int


class Me(BaseModel):
    """The logged-in user, and the member whose gateway this is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "username": "operator",
                "role": "operator",
                "scopes": ["custody", "read"],
                "member": "manufacturer",
                "gln": GLN,
            }
        }
    )

    username: str
    role: str
    scopes: list[str]
    member: str
    gln: str
