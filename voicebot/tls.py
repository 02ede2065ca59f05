"""TLS for the pages off this machine: a certificate that is given, or one made here whose fingerprint is compared."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from voicebot.errors import ConfigurationError

DAYS = 397
"""A self-made certificate's life: browsers accept no longer one."""
RENEW_DAYS = 30
"""It is made anew when it has less left."""
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104


@dataclass(frozen=True)
class Tls:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path
    fingerprint: str
    """SHA-256 of the certificate, as browsers show it."""
    self_made: bool


def is_local(host: str) -> bool:
    """Whether a door on this address is reached from this machine alone."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def given(certificate: Path, key: Path) -> Tls:
    """A certificate that someone else made. Raises ConfigurationError."""
    try:
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"--certificate {certificate}, --certificate-key {key}: {type(error).__name__}; give two PEM files, the key"
            " without a passphrase and readable by this user"
        ) from None
    if _public(made.public_key()) != _public(private.public_key()):
        raise ConfigurationError(f"--certificate-key {key}: is not the key of {certificate}; give the one that belongs")
    return Tls(certificate, key, _fingerprint(made), self_made=False)


def self_made(data: Path, host: str, now: datetime | None = None) -> Tls:
    """The certificate of a data directory, made when it is absent, old, or for another address."""
    certificate, key = data / "tls.crt", data / "tls.key"
    now = now or datetime.now(UTC)
    if certificate.exists() and key.exists():
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if made.not_valid_after_utc - now > timedelta(days=RENEW_DAYS) and set(names) == set(_names(host)):
            return Tls(certificate, key, _fingerprint(made), self_made=True)
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "voicebot")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, pem)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return Tls(certificate, key, _fingerprint(made), self_made=True)


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname() or "voicebot")]
    if host not in ANYWHERE:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    return names


def _public(key: object) -> bytes:
    encode = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(*encode))  # type: ignore[attr-defined]


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(path.suffix + ".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)
