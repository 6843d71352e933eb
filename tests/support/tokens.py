"""SoftHSM, a PKCS#11 module in software, with a token for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

PIN = "98765432"
TOKEN = "a token"
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")


def module() -> str | None:
    """The path of SoftHSM's library where it is installed, with its tool."""
    found = next((path for path in _MODULES if Path(path).exists()), None)
    return found if shutil.which("softhsm2-util") else None


@dataclass(frozen=True)
class SoftToken:
    """A token named TOKEN with the PIN above."""

    module: str

    def generate(self, curve: str, label: str, key_id: bytes) -> ec.EllipticCurvePublicKey:
        """Make a key pair in the token; its public key."""
        import pkcs11
        from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

        token: Any = pkcs11.lib(self.module).get_token(token_label=TOKEN)
        with token.open(rw=True, user_pin=PIN) as session:
            curves = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(pkcs11.KeyType.EC, curves, local=True)
            public, _ = domain.generate_keypair(store=True, label=label, id=key_id)
            read = load_der_public_key(encode_ec_public_key(public))
        assert isinstance(read, ec.EllipticCurvePublicKey)
        return read


@contextmanager
def soft_token(folder: Path, library: str) -> Iterator[SoftToken]:
    """A fresh token below ``folder``; SoftHSM reads its settings when its library is first loaded."""
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    try:
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--so-pin", PIN, "--pin", PIN],
            check=True,
            capture_output=True,
        )
        yield SoftToken(library)
    finally:
        import pkcs11

        pkcs11.unload(library)
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
