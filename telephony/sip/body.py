"""What the bodies of requests hold: session descriptions and keys. Pure."""

from __future__ import annotations

import re

from telephony.sip.headers import read_headers
from telephony.sip.message import Request, Response
from telephony.sip.uri import Address, SipError, parse_parameters, unquote_string

MAX_PARTS = 16
"""Most parts of a multipart body that are looked at."""

_SIGNAL = re.compile(rb"^[ \t]*signal[ \t]*=[ \t]*([0-9A-D*#]|1[0-5])[ \t]*$", re.IGNORECASE | re.MULTILINE)
_KEY = re.compile(rb"[0-9A-D*#]", re.IGNORECASE)
_BY_NUMBER = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Event codes of RFC 4733 §3.2, which some gateways write into ``Signal=``."""


class UnsupportedBodyError(SipError):
    """A body that we must understand and do not: answer 415 (RFC 3261 §8.2.3)."""


def media_type(value: str | None) -> tuple[str, dict[str, str | None]]:
    """``type/subtype`` in lower case and parameters of a Content-Type. Raises SipError."""
    name, _, tail = (value or "").partition(";")
    return "/".join(part.strip() for part in name.lower().split("/")), parse_parameters(tail)


def session_description(message: Request | Response) -> bytes | None:
    """The SDP of a message, also out of a multipart body (RFC 5621); None where there is none.

    Raises:
        UnsupportedBodyError: the body is something else and not marked as optional.
    """
    if not message.body:
        return None
    headers = message.headers
    if (headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedBodyError("a body is encoded")
    kind, parameters = media_type(headers.get("Content-Type"))
    if kind == "application/sdp":
        return message.body
    if kind.startswith("multipart/"):
        found = _in_multipart(message.body, unquote_string(parameters.get("boundary") or ""))
        if found is not None:
            return found
    _, disposition = media_type(headers.get("Content-Disposition"))
    if (disposition.get("handling") or "").lower() == "optional":  # §20.11
        return None
    raise UnsupportedBodyError("a body is not a session description")


def _in_multipart(body: bytes, boundary: str) -> bytes | None:
    if not boundary or len(boundary) > 70:
        return None
    delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
    for part in body.split(delimiter, MAX_PARTS)[1:]:
        head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not blank or part.startswith(b"--"):
            continue
        try:
            headers = read_headers(head.decode("utf-8", "surrogateescape").split("\r\n"))
            if media_type(headers.get("Content-Type"))[0] == "application/sdp":
                return content.removesuffix(b"\r\n")
        except SipError:
            continue
    return None


def info_key(request: Request) -> str | None:
    """The key of a SIP INFO with ``application/dtmf-relay`` or ``application/dtmf``; None where there is none."""
    kind, _ = media_type(request.headers.get("Content-Type"))
    if kind not in ("application/dtmf-relay", "application/dtmf"):
        return None
    found = _SIGNAL.search(request.body[:512].replace(b"\r", b""))
    if found is not None:
        text = found.group(1).decode("ascii").upper()
        return _BY_NUMBER.get(text, text)
    bare = request.body[:64].strip()
    if kind == "application/dtmf" and _KEY.fullmatch(bare):
        return bare.decode("ascii").upper()
    return None


def caller_of(request: Request) -> str | None:
    """The caller's number or user part: P-Asserted-Identity from the trunk (RFC 3325), else From; None when withheld.

    At most 64 printable characters.
    """
    privacy = {word.strip() for value in request.headers.all("Privacy") for word in value.lower().split(";")}
    if privacy & {"id", "user"}:
        return None
    for value in [*request.headers.elements("P-Asserted-Identity"), request.headers.get("From") or ""]:
        try:
            uri = Address.parse(value).uri
        except SipError:
            continue
        user = (uri.user or "").partition(";")[0].strip()
        if user and user.lower() != "anonymous" and len(user) <= 64 and user.isprintable():
            return user
    return None
