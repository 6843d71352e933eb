"""A member ``MSP`` whose authorities sign whatever a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from fabric_protos.msp import identities_pb2, msp_config_pb2

from network.identities.authority import Authority

ROLES = ("client", "peer", "admin", "orderer")
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Root:
    """An authority: the member's root, or one below ``above``."""

    def __init__(self, above: Root | None = None, name: str = "ca", levels: int = 2) -> None:
        self.authority = Authority.create(name, "org", above and above.authority, levels)
        self.pem = self.authority.credential.certificate
        self._certificate = x509.load_pem_x509_certificate(self.pem)
        key = serialization.load_pem_private_key(self.authority.credential.key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    def issue(
        self,
        key: Key,
        *units: str,
        begins: timedelta = timedelta(0),
        ends: timedelta = timedelta(days=1),
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """A creator field with a certificate for ``key`` in these organisational units.

        Its time is counted from now; authorities are some minutes older.
        """
        names = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(self._key, hashes.SHA256())
        return creator("MSP", certificate.public_bytes(serialization.Encoding.PEM))


def creator(msp_id: str, certificate: bytes) -> bytes:
    return identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate).SerializeToString()


def certificate_of(serialized: bytes) -> bytes:
    """The certificate (PEM) in a creator field."""
    return identities_pb2.SerializedIdentity.FromString(serialized).id_bytes


def described(
    root: Root, *intermediates: Root, certifier: Root | None = None, **more: list[bytes]
) -> msp_config_pb2.FabricMSPConfig:
    """The member as a channel's configuration has it; roles are what ``certifier``, or anybody, gives."""
    pem = certifier.pem if certifier else b""
    units = {
        f"{role}_ou_identifier": msp_config_pb2.FabricOUIdentifier(
            certificate=pem, organizational_unit_identifier=role
        )
        for role in ROLES
    }
    return msp_config_pb2.FabricMSPConfig(
        name="MSP",
        root_certs=[root.pem],
        intermediate_certs=[one.pem for one in intermediates],
        fabric_node_ous=msp_config_pb2.FabricNodeOUs(enable=True, **units),
        **more,
    )
