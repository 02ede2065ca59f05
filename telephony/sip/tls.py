"""TLS towards the trunk: whose certificate is believed (RFC 5922), and what is said when it is not."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from telephony.sip.flow import NoWay
from voicebot.errors import ConfigurationError


@dataclass(frozen=True)
class Trust:
    """Whom we expect at the other end of a TLS connection."""

    context: ssl.SSLContext
    name: str
    """The configured name or address, which the certificate must bear. It is never what DNS made of it: whoever
    forges an SRV record would choose the name (RFC 5922 §7.1)."""


def trust(name: str, ca_file: str | None = None) -> Trust:
    """Believe the certificates of this machine's CAs, or of ``ca_file`` (PEM) alone, where they bear ``name``.

    TLS 1.2 or later. A context by hand, because the usual one writes the session's keys where SSLKEYLOGFILE says.

    Raises:
        ConfigurationError: the file cannot be read or holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            why = "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
            raise ConfigurationError(
                f"[sip.registration] ca_file: {ca_file} {why}; give the PEM file of the CA that signed the trunk's"
                " certificate, or of that certificate itself"
            ) from None
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the file may hold the trunk's own certificate
    return Trust(context, name.strip("[]"))


def refused(error: Exception) -> NoWay:
    """What a failed handshake means. OpenSSL's texts name at most the name that was asked for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoWay(
            "untrusted",
            f"its certificate is refused: {error.verify_message.rstrip('.')}; check registrar and ca_file of"
            " [sip.registration]",
        )
    if isinstance(error, ssl.SSLError):
        return NoWay("unreachable", f"TLS failed ({error.reason}); check transport and port of [sip.registration]")
    return NoWay("unreachable")
