"""SIP messages: reading, checking and writing (RFC 3261 §7, §8.1.1, §18.3).

Our own parser: reading is one pass, lines are unfolded first, every size is bounded, and nothing but SipError is raised
whatever the bytes. Header text is UTF-8; bytes that are not survive a round trip as surrogates.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from telephony.sip.headers import TOKEN, Headers, read_headers
from telephony.sip.uri import Address, SipError
from telephony.sip.via import Via

MAX_MESSAGE = 65535
"""Largest message, bytes (a UDP datagram)."""
MAX_HEAD = 16 * 1024
"""Largest start line and headers together, bytes; what peers send is a tenth of it."""
MAX_CSEQ = 2**31
"""RFC 3261 §8.1.1.5: a sequence number is less than 2**31."""

_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_ONCE = ("From", "To", "Call-ID", "CSeq")
"""Mandatory headers that stand exactly once (RFC 3261 §8.1.1, §20.1)."""


class MessageError(SipError):
    """A message that breaks the rules. ``request`` is what could be read, to be answered with ``status``."""

    def __init__(self, what: str, *, status: int = 400, request: Request | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.request = request


@dataclass
class _Message(ABC):
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @abstractmethod
    def start_line(self) -> str:
        """First line, without its CRLF (RFC 3261 §7.1, §7.2)."""

    def __bytes__(self) -> bytes:
        self.headers.set("Content-Length", str(len(self.body)))
        lines = [self.start_line(), *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    @property
    def call_id(self) -> str:
        return self.headers.get("Call-ID") or ""

    @property
    def cseq(self) -> tuple[int, str]:
        """Sequence number and method (RFC 3261 §20.16). Raises SipError."""
        parts = (self.headers.get("CSeq") or "").split()
        if len(parts) != 2 or not (parts[0].isascii() and parts[0].isdigit()) or len(parts[0]) > 20:
            raise SipError("CSeq is not a number and a method")
        number = int(parts[0])
        if number >= MAX_CSEQ:
            raise SipError("CSeq is out of range")
        return number, parts[1]

    @property
    def from_(self) -> Address:
        return Address.parse(self.headers.get("From") or "")

    @property
    def to(self) -> Address:
        return Address.parse(self.headers.get("To") or "")

    @property
    def via(self) -> Via:
        """The topmost Via. Raises SipError."""
        elements = self.headers.elements("Via")
        if not elements:
            raise SipError("there is no Via")
        return Via.parse(elements[0])

    def set_via(self, via: Via) -> None:
        """Replace the topmost Via."""
        self.headers.replace("Via", [str(via), *self.headers.elements("Via")[1:]])

    def number(self, name: str, *, most: int = 2**32 - 1) -> int | None:
        """A header that begins with a number of seconds (Expires, Retry-After…), or None where it does not."""
        text = (self.headers.get(name) or "").partition(";")[0].partition("(")[0].strip()
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) <= 64 else None

    def check(self) -> None:
        """Check what every message must have. Raises SipError."""
        for name in _ONCE:
            if len(self.headers.all(name)) != 1:
                raise SipError(f"{name} must stand exactly once")
        for element in self.headers.elements("Via"):
            Via.parse(element)
        _ = (self.via, self.cseq, self.from_, self.to)
        if not self.call_id:
            raise SipError("Call-ID is empty")


@dataclass
class Request(_Message):
    """A request: ``method uri SIP/2.0``. ``uri`` is kept as text."""

    method: str = ""
    uri: str = ""

    def start_line(self) -> str:
        """The request line (RFC 3261 §7.1)."""
        return f"{self.method} {self.uri} SIP/2.0"

    def __repr__(self) -> str:
        return f"<Request {self.method if self.method.isalnum() else '?'}>"

    def check(self) -> None:
        """Also: CSeq names the method (RFC 3261 §8.1.1.5). Raises SipError."""
        super().check()
        if self.cseq[1] != self.method:
            raise SipError("CSeq names another method than the request line")


@dataclass
class Response(_Message):
    """A response: ``SIP/2.0 status reason``."""

    status: int = 0
    reason: str = ""

    REASONS: ClassVar[dict[int, str]] = {
        100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 400: "Bad Request", 403: "Forbidden",
        404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 415: "Unsupported Media Type",
        416: "Unsupported URI Scheme", 420: "Bad Extension", 422: "Session Interval Too Small",
        469: "Bad Info Package", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
        482: "Loop Detected", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
        491: "Request Pending", 500: "Server Internal Error", 503: "Service Unavailable",
        505: "Version Not Supported", 603: "Decline",
    }  # fmt: skip

    def start_line(self) -> str:
        """The status line (RFC 3261 §7.2)."""
        return f"SIP/2.0 {self.status} {self.reason}"

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def respond(request: Request, status: int, reason: str | None = None, *, tag: str | None = None) -> Response:
    """A response with the headers that RFC 3261 §8.2.6.2 copies; ``tag`` goes to a To that has none."""
    response = Response(status=status, reason=reason or Response.REASONS.get(status, "Unknown"))
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        for value in request.headers.all(name):
            response.headers.add(name, value)
    to = response.headers.get("To")
    if tag and to and status > 100:
        try:
            untagged = Address.parse(to).tag is None
        except SipError:
            untagged = False
        if untagged:
            response.headers.set("To", f"{to};tag={tag}")
    return response


def parse(data: bytes) -> Request | Response:
    """Read and check one message, the whole of ``data``; bytes behind Content-Length are dropped (RFC 3261 §18.3).

    Raises:
        MessageError: with what could be read of a request, so that it can be answered.
    """
    if len(data) > MAX_MESSAGE:
        raise MessageError("a message is larger than 65,535 bytes")
    data = data.lstrip(b"\r\n")
    end = _HEAD_END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    if len(head) > MAX_HEAD:
        raise MessageError("a message's headers are larger than 16 KiB")
    message, fault = _read_head(head)
    try:
        if fault is not None:
            raise fault
        message.check()
        length = content_length(message.headers)
        if length is not None and length > len(body):
            raise SipError("Content-Length is more than what came")
        message.body = body if length is None else body[:length]
    except MessageError:
        raise
    except SipError as error:
        raise MessageError(str(error), request=message if isinstance(message, Request) else None) from None
    return message


def content_length(headers: Headers) -> int | None:
    """Content-Length in bytes, None where there is none. Raises SipError for a bad or contradictory one."""
    values = {value.strip() for value in headers.all("Content-Length")}
    if not values:
        return None
    text = values.pop()
    if values or not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise SipError("Content-Length is malformed or contradicts itself")
    return int(text)


def _read_head(head: bytes) -> tuple[Request | Response, MessageError | None]:
    lines = [line.decode("utf-8", "surrogateescape") for line in _LINE_END.split(head)]
    start = lines[0].split()
    if not start:
        raise MessageError("a message is empty")
    if start[0].upper().startswith("SIP/"):
        return _read_response(lines)
    try:
        headers = read_headers(lines[1:])
    except SipError as error:
        raise MessageError(str(error)) from None
    request = Request(headers, method=start[0], uri=start[1] if len(start) > 1 else "")
    if len(start) != 3 or not TOKEN.fullmatch(start[0]) or start[1].startswith("<"):
        return request, MessageError("a request line is not method, URI and version", request=request)
    if start[2].upper() != "SIP/2.0":
        return request, MessageError("the version is not SIP/2.0", status=505, request=request)
    return request, None


def _read_response(lines: list[str]) -> tuple[Response, None]:
    version, _, rest = lines[0].partition(" ")
    status, _, reason = rest.strip().partition(" ")
    if version.upper() != "SIP/2.0" or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise MessageError("a status line is malformed")
    if not 100 <= int(status) < 700:
        raise MessageError("a status is out of range")
    try:
        return Response(read_headers(lines[1:]), status=int(status), reason=reason.replace("\r", " ")), None
    except SipError as error:
        raise MessageError(str(error)) from None
