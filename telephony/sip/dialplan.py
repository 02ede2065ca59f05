"""The only numbers that are ever dialled, and the URIs that they become at the trunk. Pure.

Toll fraud: whoever dials or refers names a *contact*; there is no way to hand a number in beside the practice's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from telephony.sip.flow import Flow
from telephony.sip.registration import RegistrationSettings
from telephony.sip.uri import SipError, Uri, format_host
from voicebot.errors import ConfigurationError, UnavailableError

_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_SEPARATORS = str.maketrans("", "", " .-()")


@dataclass(frozen=True)
class Target:
    """Where a call to a contact goes."""

    uri: str
    """Request-URI and Refer-To."""
    transport: str
    host: str
    port: int | None
    """None: as the DNS says."""
    by_trunk: bool
    """Whether it goes to the trunk that we are registered with, on the registration's own connection."""
    flow: Flow | None = None
    """The way of the call that is transferred, where the number goes back to the same trunk."""


class DialPlan:
    """The practice's contacts."""

    def __init__(self, registration: RegistrationSettings | None) -> None:
        self._registration = registration
        self._contacts: dict[str, Uri] = {}

    def replace(self, numbers: Mapping[str, str]) -> None:
        """From now on these contacts, by name: E.164 or national numbers, ``tel:`` or ``sip:`` URIs.

        Raises:
            ConfigurationError: one of them cannot be dialled; then nothing changes. The number is not quoted.
        """
        contacts = {}
        for name, text in numbers.items():
            try:
                contacts[name] = _contact(text)
            except SipError:
                raise ConfigurationError(
                    f"transfer: {name} cannot be dialled; write a number, tel:+33… or sip:name@host (TLS only leads to"
                    " the trunk)"
                ) from None
        self._contacts = contacts

    def target(self, contact: str, *, beside: Flow | None = None) -> Target:
        """Where a call to ``contact`` goes; ``beside`` is the way of the call that is to be transferred.

        Raises:
            UnavailableError: it is no configured contact, or a bare number and no trunk is there to take it.
        """
        uri = self._contacts.get(contact)
        if uri is None:
            raise UnavailableError("only the contacts of [transfer] in practice.toml are dialled")
        trunk = self._registration
        if uri.scheme == "sip":
            if trunk is not None and uri.host.lower() in (trunk.registrar.lower(), (trunk.domain or "").lower()):
                return Target(uri.text, trunk.transport, trunk.registrar, trunk.port, by_trunk=True)
            return Target(uri.text, uri.transport, uri.host, uri.port or 5060, by_trunk=False)
        if trunk is not None:
            address = f"sip:{uri.user}@{format_host((trunk.domain or trunk.registrar).strip('[]'))}"
            return Target(address, trunk.transport, trunk.registrar, trunk.port, by_trunk=True)
        if beside is None:
            raise UnavailableError("a bare number needs a trunk: configure [sip.registration], or a sip: URI")
        host, port = beside.peer
        named = "" if beside.reliable or port == 5060 else f":{port}"  # a connection's port is nobody's address
        address = f"sip:{uri.user}@{format_host(host)}{named}"
        return Target(address, beside.transport, host, port, by_trunk=False, flow=beside)


def _contact(text: str) -> Uri:
    """Read one contact. Raises SipError."""
    if _NUMBER.fullmatch(bare := text.translate(_SEPARATORS)):
        text = "tel:" + bare
    if not text.isascii() or not text.isprintable() or any(char in text for char in '<>"?, '):
        raise SipError("a contact has characters that no dialled URI has")
    uri = Uri.parse(text)
    number = (uri.user or "").translate(_SEPARATORS)
    if uri.scheme == "tel" and _NUMBER.fullmatch(number):
        return Uri(text, "tel", user=number)
    if uri.scheme == "sip" and uri.user and uri.transport in ("UDP", "TCP"):
        return uri
    raise SipError("a contact is no number and no sip: URI")
