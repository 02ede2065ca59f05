"""The registration of one address of record (RFC 3261 §10.2, RFC 5626 §4.5) as a pure state machine.

(state, event) → actions. It knows no socket and no clock; chance is passed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from telephony.sip.digest import Credentials
from telephony.sip.message import Response
from telephony.sip.uri import Address, SipError, split_list
from voicebot.errors import ConfigurationError

_PLAIN = re.compile(r"[A-Za-z0-9.!%*_+~:\[\]-]+")

RETRY_BASE = 5.0
"""First pause after a failure, s; it doubles with each (RFC 5626 §4.5 uses 30, a practice's phone should come back
sooner)."""
RETRY_MAX = 120.0
"""Longest pause while a registrar cannot be reached, s."""
REFUSED_PAUSE = 300.0
"""Pause after the registrar refused us, s: operators block those who knock too often."""
MARGIN = 64.0
"""A refresh leaves time for two transactions to time out before the binding ends (2 × timer F), s."""


@dataclass(frozen=True)
class RegistrationSettings:
    """The trunk that we register with."""

    registrar: str
    """Host name or address to which REGISTER goes."""
    user: str
    """User part of the address of record."""
    credentials: Credentials
    port: int | None = None
    """None: as the DNS says, else the transport's own."""
    transport: str = "UDP"
    """``UDP``, ``TCP`` or ``TLS``."""
    ca_file: str | None = None
    """PEM file of the CA that signs the registrar's certificate; this machine's CAs unless given."""
    domain: str | None = None
    """Domain of the address of record; the registrar's host unless given."""
    expires: int = 300
    """Binding time asked for, s."""

    def __post_init__(self) -> None:
        for name, text in (("user", self.user), ("registrar", self.registrar), ("domain", self.domain or "x")):
            if not text or not _PLAIN.fullmatch(text):
                raise ConfigurationError(f"SIP registration: {name} is empty or has a character that no SIP URI has")
        if self.transport not in ("UDP", "TCP", "TLS"):
            raise ConfigurationError("SIP registration: transport is UDP, TCP or TLS")
        if self.ca_file is not None and self.transport != "TLS":
            raise ConfigurationError("SIP registration: ca_file goes with transport TLS")

    @property
    def address_of_record(self) -> str:
        """``sip:user@domain``."""
        return f"sip:{self.user}@{self.domain or self.registrar}"

    @property
    def request_uri(self) -> str:
        """§10.2: the domain of the location service, without a user."""
        return f"sip:{self.domain or self.registrar}"


@dataclass(frozen=True)
class Open:
    """Find a server and connect; answer with ``opened`` or ``failed``. Begins anew with the best one."""


@dataclass(frozen=True)
class OpenNext:
    """As Open, without those servers that were tried since."""


@dataclass(frozen=True)
class Register:
    """Send REGISTER with this ``Expires``; ``authorize`` answers the challenge that came last."""

    expires: int
    authorize: bool = False


@dataclass(frozen=True)
class Wait:
    """Start the only timer; answer with ``timer``."""

    seconds: float


@dataclass(frozen=True)
class Report:
    """Tell the process: ``registered``, ``unreachable``, ``untrusted``, ``refused`` or ``unregistered``."""

    state: str


Action = Open | OpenNext | Register | Wait | Report


class Registration:
    """States: ``idle``, ``opening``, ``asking``, ``registered``, ``waiting``, ``withdrawing``, ``stopped``."""

    def __init__(self, settings: RegistrationSettings, *, chance: Callable[[], float]) -> None:
        self.state = "idle"
        self._settings = settings
        self._chance = chance
        self._expires = settings.expires
        self._challenges = 0
        self._failures = 0
        self._bound = False
        self._least = 0.0

    def start(self) -> list[Action]:
        """Begin."""
        return self._open()

    def timer(self) -> list[Action]:
        """The pause is over: refresh or try again, resolving the name anew (a registrar may have moved)."""
        return self._open() if self.state in ("registered", "waiting") else []

    def opened(self) -> list[Action]:
        """There is a way to the registrar."""
        if self.state != "opening":
            return []
        self.state = "asking"
        self._challenges = 0
        return [Register(self._expires)]

    def failed(self, state: str = "unreachable") -> list[Action]:
        """No way to any server of the registrar, or the connection is gone."""
        if self.state in ("stopped", "idle"):
            return []
        if self.state == "withdrawing":
            return self._withdrawn()
        self._bound = False
        return self._pause(state, max(self._back_off(), self._least))

    def unanswered(self) -> list[Action]:
        """This server gave no answer in time: perhaps another one does (RFC 3263 §4.3)."""
        return self._next() if self.state == "asking" else self.failed()

    def connection_lost(self) -> list[Action]:
        """The connection that carries the calls is gone: the binding is of no use any more (RFC 5626 §4.5)."""
        return self.failed() if self.state in ("registered", "asking", "withdrawing") else []

    def answered(self, response: Response, contact: str) -> list[Action]:
        """The final response to REGISTER; ``contact`` is the URI that was bound."""
        if self.state not in ("asking", "withdrawing"):
            return []
        if response.status in (401, 407):
            return self._challenged(response)
        if self.state == "withdrawing":
            return self._withdrawn()
        if 200 <= response.status < 300:
            granted = granted_expires(response, contact, self._expires)
            if granted <= 0:
                return self._pause("refused", REFUSED_PAUSE)
            self.state, self._failures, self._bound = "registered", 0, True
            return [Report("registered"), Wait(max(granted / 2, granted - MARGIN))]
        if response.status == 423:  # §10.2.8: Min-Expires
            least = response.number("Min-Expires")
            if least is not None and least > self._expires:
                self._expires = least
                return [Register(least)]
        self._bound = False
        if response.status >= 500 or response.status in (408, 430, 480):
            self._least = max(self._least, min(float(response.number("Retry-After") or 0), 3600.0))
            return self._next() if response.status in (408, 503) else self.failed()
        return self._pause("refused", REFUSED_PAUSE)

    def stop(self) -> list[Action]:
        """Withdraw the binding (§10.2.2), if there is one."""
        if not self._bound:
            self.state = "stopped"
            return []
        self.state, self._challenges = "withdrawing", 0
        return [Register(0)]

    def _challenged(self, response: Response) -> list[Action]:
        """§22.2: answer once; once more where only the nonce was stale (RFC 7616 §3.4)."""
        self._challenges += 1
        header = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        stale = any(
            "stale=true" in value.lower().replace('"', "").replace(" ", "") for value in response.headers.all(header)
        )
        expires = 0 if self.state == "withdrawing" else self._expires
        if self._challenges == 1 or (stale and self._challenges == 2):
            return [Register(expires, authorize=True)]
        return self.unanswerable()

    def unanswerable(self) -> list[Action]:
        """The challenge cannot be answered, or our answer to it was refused."""
        if self.state == "withdrawing":
            return self._withdrawn()
        self._bound = False
        return self._pause("refused", REFUSED_PAUSE)

    def _open(self) -> list[Action]:
        self.state, self._least = "opening", 0.0
        return [Open()]

    def _next(self) -> list[Action]:
        self.state = "opening"
        return [OpenNext()]

    def _pause(self, report: str, seconds: float) -> list[Action]:
        self.state = "waiting"
        return [Report(report), Wait(seconds)]

    def _withdrawn(self) -> list[Action]:
        self.state, self._bound = "stopped", False
        return [Report("unregistered")]

    def _back_off(self) -> float:
        """RFC 5626 §4.5: doubling, with chance so that a whole town does not come back at once."""
        longest = min(RETRY_MAX, RETRY_BASE * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return longest * (0.5 + 0.5 * self._chance())


def granted_expires(response: Response, contact: str, asked: int) -> int:
    """Seconds for which the registrar bound our Contact (§10.2.4): its ``expires``, else Expires, else as asked."""
    fallback = response.number("Expires")
    default = asked if fallback is None else fallback
    found: int | None = None
    for element in response.headers.all("Contact"):
        found = _expires_of(element, contact) if found is None else found
    return default if found is None else found


def _expires_of(field: str, contact: str) -> int | None:
    try:
        addresses = [Address.parse(element) for element in split_list(field) if element != "*"]
    except SipError:
        return None
    ours = Address.parse(f"<{contact}>").uri
    for address in addresses:
        if (address.uri.user, address.uri.host.lower(), address.uri.port or 5060) == (
            ours.user,
            ours.host.lower(),
            ours.port or 5060,
        ):
            text = address.parameters.get("expires") or ""
            return min(int(text), 2**31) if text.isascii() and text.isdigit() and len(text) < 32 else None
    return None
