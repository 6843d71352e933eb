"""One member's MSP: whom its authorities vouch for, in which role (Fabric's msp/, of channel version 3.0)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from fabric_protos.msp import msp_config_pb2

from network.devnet import certificates
from network.devnet.certificates import ORDERS, CertificateRefused, Chain, Verifier
from network.policy import Signer, fingerprint, of_identity, of_role, of_unit

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True)
class _Unit:
    """An organisational unit, and the fingerprint of the authorities that may give it, empty for any."""

    name: str
    certifier: bytes


class Authorities:
    """The authorities of one member, with what the channel's configuration says of its certificates."""

    def __init__(self, config: msp_config_pb2.FabricMSPConfig) -> None:
        """CertificateRefused where a peer would not take the configuration."""
        self.msp_id = config.name
        if not config.root_certs:
            raise CertificateRefused("expected at least one CA certificate")
        self._roots = [certificates.load(pem) for pem in config.root_certs]
        self._intermediates = [certificates.load(pem) for pem in config.intermediate_certs]
        self._verifier = Verifier(self._roots, self._intermediates)
        self._revoked = [certificates.load_crl(data) for data in config.revocation_list]
        self._inner: set[x509.Certificate] = set()
        for one in (*self._roots, *self._intermediates):
            self._check_authority(one)
        for one in self._intermediates:
            self._inner.update(self._verifier.chain(one)[1:])
        self._units = [self._unit(one) for one in config.organizational_unit_identifiers]
        self._roles = self._node_units(config.fabric_node_ous)
        self._admins = [certificates.load(pem) for pem in config.admins]
        self._check_admins()

    def chain(self, certificate: x509.Certificate) -> Chain:
        """The one chain of a certificate to a root; CertificateRefused where there is none."""
        return self._verifier.chain(certificate)

    def key(self, certificate: x509.Certificate) -> PublicKey:
        """An identity's public key; CertificateRefused where a peer does not take keys of its sort."""
        key = certificate.public_key()
        if isinstance(key, ed25519.Ed25519PublicKey):
            return key
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in ORDERS:
            raise CertificateRefused("keys of this sort are not taken")
        return key

    def principals(self, chain: Chain) -> Signer:
        """All that a policy may ask for and the identity of a chain is; CertificateRefused if not valid."""
        certificate = chain[0]
        self.key(certificate)
        self._check_place(chain)
        if certificates.revoked(certificate, chain[1], self._revoked):
            raise CertificateRefused("The certificate has been revoked")
        units = self._units_of(chain)
        self._check_units(units)
        found = {of_role(self.msp_id, "member"), of_identity(self.msp_id, fingerprint(certificate))}
        found |= {of_unit(self.msp_id, unit.name, unit.certifier) for unit in units}
        for role, wanted in self._roles.items():
            if any(unit.name == wanted.name for unit in units):
                found.add(of_role(self.msp_id, role))
        if certificate in self._admins:
            found.add(of_role(self.msp_id, "admin"))
        return frozenset(found)

    def _check_place(self, chain: Chain) -> None:
        """Identities are the leaves of the tree of authorities, and issued by its lowest."""
        if certificates.is_authority(chain[0]):
            raise CertificateRefused("a certificate of an authority cannot be used as an identity")
        if len(chain) < 2:
            raise CertificateRefused(f"expected a chain of length at least 2, got {len(chain)}")
        if chain[1] in self._inner:
            raise CertificateRefused("the issuer is not a leaf of the tree of authorities")

    def _check_authority(self, certificate: x509.Certificate) -> None:
        number = f"(SN: {certificate.serial_number:x})"
        if not certificates.is_authority(certificate):
            raise CertificateRefused(f"CA Certificate did not have the CA attribute, {number}")
        if certificates.key_identifier(certificate) is None:
            raise CertificateRefused(
                f"CA Certificate problem with Subject Key Identifier extension, {number}"
            )
        chain = self._verifier.chain(certificate)
        if len(chain) > 1 and certificates.revoked(certificate, chain[1], self._revoked):
            raise CertificateRefused(
                f"CA Certificate is not valid, {number}: The certificate has been revoked"
            )

    def _units_of(self, chain: Chain) -> list[_Unit]:
        """The units that an identity is of, each given by the chain's authorities."""
        certifier = certificates.fingerprint(chain[1:])
        names = chain[0].subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        return [_Unit(str(one.value), certifier) for one in names]

    def _check_units(self, units: list[_Unit]) -> None:
        """Of the units that the configuration asks for one at least; of the roles' exactly one."""
        if self._units and not any(unit in self._units for unit in units):
            raise CertificateRefused("none of the identity's organizational units are in the MSP's")
        if not self._roles:
            return
        count = 0
        for unit in units:
            wanted = next((one for one in self._roles.values() if one.name == unit.name), None)
            if wanted is None:
                continue
            if wanted.certifier and wanted.certifier != unit.certifier:
                raise CertificateRefused("certifiersIdentifier does not match")
            count += 1
        if count != 1:
            raise CertificateRefused("the identity does not have one OU of client, peer, orderer and admin")

    def _unit(self, config: msp_config_pb2.FabricOUIdentifier) -> _Unit:
        certifier = b""
        if config.certificate:
            certificate = certificates.load(config.certificate)
            if certificate not in (*self._roots, *self._intermediates):
                raise CertificateRefused("Failed adding OU. Certificate not in root or intermediate certs.")
            certifier = certificates.fingerprint(self._verifier.chain(certificate))
        return _Unit(config.organizational_unit_identifier, certifier)

    def _node_units(self, config: msp_config_pb2.FabricNodeOUs) -> dict[str, _Unit]:
        """Which unit stands for which role; none where the configuration does not tell them apart."""
        if not config.enable:
            return {}
        fields = {role: f"{role}_ou_identifier" for role in ("client", "peer", "admin", "orderer")}
        given = {role: field for role, field in fields.items() if config.HasField(field)}
        return {role: self._unit(getattr(config, field)) for role, field in given.items()}

    def _check_admins(self) -> None:
        if not self._admins and "admin" not in self._roles:
            raise CertificateRefused("administrators must be declared when no admin ou classification is set")
        for place, one in enumerate(self._admins):
            chain = self.chain(one)
            self._check_place(chain)
            allowed = {self._roles[role].name for role in ("client", "admin") if role in self._roles}
            if not self._roles:
                self.principals(chain)
            elif not any(unit.name in allowed for unit in self._units_of(chain)):
                raise CertificateRefused(f"admin {place} is invalid")
