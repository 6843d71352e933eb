"""Who calls: access tokens (RFC 9068's claims, HS256), roles, and the scopes that endpoints ask for."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

from gateway.core.errors import ScopeMissing, TokenExpired, TokenInvalid
from gateway.core.settings import Settings

ALGORITHM = "HS256"
AUDIENCE = "mediledger"
MAX_TOKEN = 4096

SCOPES = {
    "read": "look at everything that this member may see",
    "registry": "register and suspend parties, licences and products",
    "custody": "lots, commissioning, packing, transfers, returns",
    "quarantine": "put goods on hold and release them",
    "dispense": "dispense to patients",
    "devices": "register sensors and attach them",
    "governance": "propose changes of the consortium's settings, vote on them, enact them",
}
ROLES: dict[str, frozenset[str]] = {
    "auditor": frozenset({"read"}),
    "dispenser": frozenset({"read", "dispense", "quarantine"}),
    "operator": frozenset(SCOPES) - {"governance"},
    "admin": frozenset(SCOPES),
}


@dataclass(frozen=True)
class User:
    """The authenticated caller."""

    username: str
    role: str

    @property
    def scopes(self) -> frozenset[str]:
        return ROLES[self.role]


class Tokens:
    """Issues and checks one member's access tokens; another member's are not valid here."""

    def __init__(self, secret: str, gln: str, seconds: int) -> None:
        self._secret = secret
        self._issuer = f"urn:mediledger:gln:{gln}"
        self.seconds = seconds

    @classmethod
    def of(cls, settings: Settings) -> Tokens:
        return cls(settings.token_secret.get_secret_value(), settings.gln, settings.token_seconds)

    def issue(self, user: User) -> str:
        """A token for ``user``, valid from now for ``seconds``."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": user.username,
            "role": user.role,
            "scope": " ".join(sorted(user.scopes)),
            "iat": now,
            "exp": now + self.seconds,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def check(self, token: str) -> User:
        """The user that ``token`` was issued to; TokenExpired or TokenInvalid."""
        if len(token) > MAX_TOKEN:
            raise TokenInvalid
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["iss", "aud", "sub", "iat", "exp"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except jwt.InvalidTokenError as error:
            raise TokenInvalid from error
        # What a role may do is looked up here, not in the token, which may be older than a change of it.
        if claims.get("role") not in ROLES:
            raise TokenInvalid
        return User(claims["sub"], claims["role"])


_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", scopes=SCOPES, auto_error=False)


async def authenticated(
    request: Request, wanted: SecurityScopes, token: Annotated[str | None, Depends(_bearer)]
) -> User:
    """The caller, with every scope that the endpoint asks for; TokenInvalid, TokenExpired, ScopeMissing."""
    if not token:
        raise TokenInvalid
    tokens: Tokens = request.app.state.gateway.tokens
    user = tokens.check(token)
    request.state.user = user
    missing = [scope for scope in wanted.scopes if scope not in user.scopes]
    if missing:
        raise ScopeMissing(f"the role {user.role} lacks the scope {', '.join(missing)}")
    return user


CurrentUser = Annotated[User, Security(authenticated)]
Reader = Annotated[User, Security(authenticated, scopes=["read"])]
