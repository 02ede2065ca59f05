"""The telephony process: SIP, RTP and WebRTC on one side, the speech process on the other. It writes nothing.

``python -m voicebot.processes.telephony`` reads its :class:`Settings` as one JSON line on stdin (secrets never stand in
the arguments), says ``{"ready": true}`` on stdout and ``ready`` on the control connection, and ends within 2 s when
stdin or the control connection closes or SIGTERM comes. Standard error holds identifiers and codes only.
"""

from __future__ import annotations

from voicebot.vault.sandbox import restrict

# The first act, single-threaded, before any native library: a thread started earlier could still write.
RESTRICTED = restrict() if __name__ == "__main__" else None

import json  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
from collections.abc import Mapping  # noqa: E402
from dataclasses import asdict, dataclass, field, fields  # noqa: E402
from typing import Any  # noqa: E402

from voicebot.errors import ConfigurationError, VoicebotError  # noqa: E402
from voicebot.faults import quiet  # noqa: E402

log = logging.getLogger("voicebot.telephony")


@dataclass(frozen=True)
class Registration:
    """An account at a registrar: what it is called and the password."""

    registrar: str
    """The registrar as ``host``, ``host:port`` or ``sip:host:port``, for instance ``sip.operateur.example``. A name
    without a port is looked for in the DNS (SRV)."""
    user: str
    secret: str
    """Password; it reaches this process through stdin only."""
    transport: str = "udp"
    """``udp``, ``tcp`` or ``tls``."""
    expires: int = 300
    """Lifetime asked for, s."""
    ca_file: str | None = None
    """Path of the PEM file of the CA that signs the registrar's certificate, or None: this machine's CAs."""

    def __repr__(self) -> str:
        return f"<Registration at {self.registrar}>"


@dataclass(frozen=True)
class Contacts:
    """The only numbers that are ever dialled, by the name that the parent calls them."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    """Name (``secretary``) to E.164 number, ``tel:`` or ``sip:`` URI."""
    ring_seconds: int = 25
    refer: bool = True
    """Whether the trunk is asked first to connect the two itself (REFER)."""
    accept_key: str | None = None
    """The key that takes a call, or None: whoever answers has it. With one, the trunk is never asked (REFER)."""
    overflow: str | None = None
    """Who is named to callers that do not fit (302 instead of 486), or None."""

    def to_json(self) -> dict[str, object]:
        """As :meth:`parse` reads it."""
        return asdict(self)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Contacts:
        """Read the parent's table. Raises ConfigurationError."""
        numbers, ring, refer = data.get("numbers", {}), data.get("ring_seconds", 25), data.get("refer", True)
        key, overflow = data.get("accept_key"), data.get("overflow")
        texts = isinstance(numbers, dict) and all(isinstance(number, str) for number in numbers.values())
        if not (
            texts
            and isinstance(ring, int)
            and ring > 0
            and isinstance(refer, bool)
            and isinstance(key, str | None)
            and isinstance(overflow, str | None)
        ):
            raise ConfigurationError("telephony settings: contacts is malformed; see Contacts in this module")
        return cls(dict(numbers), ring, refer, key, overflow)

    def __repr__(self) -> str:
        return f"<Contacts {', '.join(self.numbers)}>"


@dataclass(frozen=True)
class Settings:
    """What the parent tells the telephony process. File descriptors are inherited under the same numbers."""

    control_fd: int
    """A connected Unix socket: the control connection."""
    speech: str
    """Path of the Unix socket where the speech process takes calls."""
    sip_udp_fd: int | None = None
    """A bound UDP socket for SIP, or None."""
    sip_tcp_fd: int | None = None
    """A listening TCP socket for SIP, or None."""
    allowed: tuple[str, ...] = ()
    """Networks (CIDR) that SIP calls are taken from; others get no answer."""
    max_calls: int = 20
    """Calls at once, SIP and WebRTC together, unless the parent sets a lower limit; more are told 486 Busy Here."""
    registration: Registration | None = None
    contacts: Contacts = field(default_factory=Contacts)
    """Whom calls may be transferred to."""
    rtp_ports: tuple[int, int] = (16384, 32767)
    """First and last UDP port for RTP and RTCP of SIP calls."""
    srtp_required: bool = False
    """Whether calls over SIP without SRTP are refused, and none are made; else SRTP answers who offers it."""
    web_addresses: tuple[str, ...] = ("127.0.0.1",)
    """Our IP addresses that WebRTC offers to browsers (ICE host candidates); empty: all of this machine."""
    user_agent: str = "voicebot"

    def to_json(self) -> dict[str, object]:
        """As :meth:`parse` reads it."""
        return asdict(self)

    @classmethod
    def parse(cls, line: str) -> Settings:
        """Read the parent's JSON line.

        Raises:
            ConfigurationError: it is not as described here; the message names the key, never a value.
        """
        try:
            data = json.loads(line)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise ConfigurationError("telephony settings: expected one JSON object on a line of stdin")
        known = {entry.name for entry in fields(cls)}
        for key in data:
            if key not in known:
                raise ConfigurationError(f"telephony settings: unknown key {key!r}")
        for key in ("control_fd", "speech"):
            if key not in data:
                raise ConfigurationError(f"telephony settings: {key} is missing")
        for key in ("control_fd", "sip_udp_fd", "sip_tcp_fd", "max_calls"):
            _check(key, isinstance(data.get(key), int) or (key.startswith("sip") and data.get(key) is None), data)
        _check("speech", isinstance(data["speech"], str), data)
        _check("user_agent", isinstance(data.get("user_agent", ""), str), data)
        for key in ("allowed", "web_addresses"):
            _check(key, _is_list_of(data.get(key, []), str), data)
        _check("srtp_required", isinstance(data.get("srtp_required"), bool), data)
        ports = data.get("rtp_ports", [16384, 32767])
        _check("rtp_ports", _is_list_of(ports, int) and len(ports) == 2 and 1024 <= ports[0] < ports[1] <= 65535, data)
        registration = data.get("registration")
        contacts = data.get("contacts", {})
        _check("contacts", isinstance(contacts, dict), data)
        _check("registration", registration is None or isinstance(registration, dict), data)
        return cls(
            **{
                **data,
                **{key: tuple(data[key]) for key in ("allowed", "web_addresses", "rtp_ports") if key in data},
                "registration": _registration(registration) if registration else None,
                "contacts": Contacts.parse(contacts),
            }
        )


def _check(key: str, good: bool, data: Mapping[str, Any]) -> None:
    if key in data and not good:
        raise ConfigurationError(
            f"telephony settings: {key} is malformed; see Settings in voicebot/processes/telephony.py"
        )


def _is_list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _registration(data: Mapping[str, Any]) -> Registration:
    try:
        registration = Registration(**data)
    except TypeError:
        raise ConfigurationError("telephony settings: registration needs registrar, user and secret") from None
    if not all(isinstance(value, str) for value in (registration.registrar, registration.user, registration.secret)):
        raise ConfigurationError("telephony settings: registration needs registrar, user and secret as texts")
    return registration


def main() -> int:
    """Run the process; exit status 2 when the settings or sockets cannot be used."""
    quiet(logging.WARNING, "%(name)s: %(message)s")
    log.setLevel(logging.INFO)
    for library in ("aiortc", "aioice", "asyncio"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    for problem in RESTRICTED.problems if RESTRICTED else ():
        log.warning("sandbox: %s", problem)
    # Imported only now: these load numpy and av, whose threads must be born restricted.
    from voicebot.processes.telephony_service import run

    try:
        run(Settings.parse(sys.stdin.readline()), lambda: print(json.dumps({"ready": True}), flush=True))
    except VoicebotError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
