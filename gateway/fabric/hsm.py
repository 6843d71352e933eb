"""Signing in a hardware security module by PKCS#11: the private key never leaves it.

Needs the package python-pkcs11, the extra ``hsm`` of this distribution, and the module's own library.
"""

from __future__ import annotations

import asyncio
import hmac
import threading
from types import TracebackType
from typing import Any

import pkcs11

from gateway.fabric.errors import FabricError
from gateway.fabric.identity import low_s

# A raw ECDSA signature is r and s, each as long as the curve's order.
_CURVES = {64: "secp256r1", 96: "secp384r1"}


class HsmError(FabricError):
    """The module, the token, the PIN or the key that cannot be used; the message never holds the PIN."""


class HsmSigner:
    """Signs digests with a P-256 or P-384 key of a token, for use in ``async with``.

    A signature is made in a thread, one at a time for each token, so the event loop does not wait for the
    module.
    """

    def __init__(
        self,
        module: str,
        token_label: str,
        pin: str,
        *,
        key_id: bytes | None = None,
        key_label: str | None = None,
    ) -> None:
        """``module`` is the path of a PKCS#11 library; the key has this CKA_ID, this CKA_LABEL or both."""
        if key_id is None and key_label is None:
            raise ValueError("a key is found by its id, its label or both")
        self._module = module
        self._token_label = token_label
        self._pin = pin
        self._key_id = key_id
        self._key_label = key_label
        self._token: _Token | None = None
        self._key: Any = None

    async def __aenter__(self) -> HsmSigner:
        """Log in and find the key; HsmError."""
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._close)

    async def __call__(self, digest: bytes) -> bytes:
        """The signature of ``digest``; HsmError, also where the signer is not entered."""
        return await asyncio.to_thread(self._sign, digest)

    def _open(self) -> None:
        self._token = _take(self._module, self._token_label, self._pin)
        try:
            with self._token.lock:
                self._key = self._token.session.get_key(
                    object_class=pkcs11.ObjectClass.PRIVATE_KEY,
                    key_type=pkcs11.KeyType.EC,
                    label=self._key_label,
                    id=self._key_id,
                )
        except pkcs11.PKCS11Error as error:
            self._close()
            raise HsmError(f"token {self._token_label}: {_words(error)}") from error

    def _close(self) -> None:
        token, self._token, self._key = self._token, None, None
        if token:
            _give(token)

    def _sign(self, digest: bytes) -> bytes:
        if self._token is None:
            raise HsmError(f"token {self._token_label}: the signer is not entered")
        try:
            with self._token.lock:
                raw = self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
        except pkcs11.PKCS11Error as error:
            raise HsmError(f"token {self._token_label}: {_words(error)}") from error
        curve = _CURVES.get(len(raw))
        if curve is None:
            raise HsmError(f"token {self._token_label}: the key is neither of P-256 nor of P-384")
        half = len(raw) // 2
        return low_s(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"), curve)


class _Token:
    """A token that this process is logged in to.

    PKCS#11 knows one login per process and token, and a session that is closed ends it for all: signers
    share a session, and the last one closes it.
    """

    def __init__(self, name: tuple[str, str], session: Any, pin: str) -> None:
        self.name = name
        self.session = session
        self.pin = pin
        self.users = 0
        self.lock = threading.Lock()


_tokens: dict[tuple[str, str], _Token] = {}
_tokens_lock = threading.Lock()


def _take(module: str, label: str, pin: str) -> _Token:
    name = (module, label)
    with _tokens_lock:
        token = _tokens.get(name)
        if token is None:
            try:
                session = pkcs11.lib(module).get_token(token_label=label).open(user_pin=pin)
            except pkcs11.PKCS11Error as error:
                raise HsmError(f"token {label}: {_words(error)}") from error
            token = _tokens[name] = _Token(name, session, pin)
        elif not hmac.compare_digest(token.pin.encode(), pin.encode()):
            raise HsmError(f"token {label}: another signer is logged in with another PIN")
        token.users += 1
        return token


def _give(token: _Token) -> None:
    with _tokens_lock:
        token.users -= 1
        if not token.users:
            del _tokens[token.name]
            token.session.close()


def _words(error: pkcs11.PKCS11Error) -> str:
    """PKCS#11's errors have a name and seldom words."""
    return f"{type(error).__name__} {error}".strip()
