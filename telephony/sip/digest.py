"""Digest authentication as a client (RFC 3261 §22, RFC 7616, RFC 8760). Pure, but for the client nonce's randomness."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from telephony.sip.uri import SipError, split_list, unquote_string

_HASHES: dict[str, Callable[[bytes], hashlib._Hash]] = {
    "SHA-256": hashlib.sha256,
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False),
}
"""Best first. RFC 8760 §2.4 asks for SHA-256 where it is offered; MD5 is what most registrars still speak."""

MAX_CHALLENGE = 4096
"""Longest challenge read, characters."""


@dataclass(frozen=True)
class Credentials:
    """Who we are to a registrar. The password never shows."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Challenge:
    """A ``WWW-Authenticate`` or ``Proxy-Authenticate`` value with the Digest scheme."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """As it was written; empty qop, opaque None where absent."""
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, value: str) -> Challenge:
        """Read one challenge. Raises SipError for another scheme, no realm, no nonce or more than 4,096 characters."""
        scheme, _, rest = value.strip().partition(" ")
        if scheme.lower() != "digest":
            raise SipError("an authentication scheme is not Digest")
        if len(rest) > MAX_CHALLENGE:
            raise SipError("a challenge is too long")
        found: dict[str, str] = {}
        for part in split_list(rest):
            name, equals, text = part.partition("=")
            if equals:
                found.setdefault(name.strip().lower(), unquote_string(text.strip()))
        if "realm" not in found or "nonce" not in found:
            raise SipError("a challenge lacks its realm or nonce")
        return cls(
            realm=found["realm"],
            nonce=found["nonce"],
            algorithm=found.get("algorithm", "MD5"),
            qop=tuple(word.strip().lower() for word in found.get("qop", "").split(",") if word.strip()),
            opaque=found.get("opaque"),
            stale=found.get("stale", "").lower() == "true",
        )

    @property
    def hash_name(self) -> str:
        """``MD5``, ``SHA-256`` or another name, without ``-sess``."""
        return self.algorithm.upper().removesuffix("-SESS")

    @property
    def usable(self) -> bool:
        """Whether we know the algorithm and one of the qualities of protection."""
        return self.hash_name in _HASHES and (not self.qop or "auth" in self.qop or "auth-int" in self.qop)


def authorization(
    challenge: Challenge,
    credentials: Credentials,
    *,
    method: str,
    uri: str,
    body: bytes = b"",
    count: int = 1,
    cnonce: str | None = None,
) -> str:
    """The value of ``Authorization`` or ``Proxy-Authorization`` (RFC 7616 §3.4).

    ``count`` is how often this nonce has been used, this time included. Raises SipError where the challenge is not
    usable.
    """
    if not challenge.usable:
        raise SipError("a challenge asks for an algorithm or protection that we do not have")
    digest = _HASHES[challenge.hash_name]

    def h(*parts: str) -> str:
        return digest(":".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    cnonce = cnonce or secrets.token_hex(8)
    secret = h(credentials.username, challenge.realm, credentials.password)
    if challenge.algorithm.upper().endswith("-SESS"):
        secret = h(secret, challenge.nonce, cnonce)
    # auth-int only where it is all that is offered: proxies may change a body (RFC 3261 §22.4 item 8).
    qop = "auth" if "auth" in challenge.qop else "auth-int" if challenge.qop else ""
    target = h(method, uri, digest(body).hexdigest()) if qop == "auth-int" else h(method, uri)
    fields = {
        "username": _quoted(credentials.username),
        "realm": _quoted(challenge.realm),
        "nonce": _quoted(challenge.nonce),
        "uri": _quoted(uri),
    }
    if qop:
        nc = f"{count:08x}"
        fields["response"] = _quoted(h(secret, challenge.nonce, nc, cnonce, qop, target))
        fields |= {"cnonce": _quoted(cnonce), "qop": qop, "nc": nc}
    else:  # RFC 2069 compatibility (RFC 2617 §3.2.2.1)
        fields["response"] = _quoted(h(secret, challenge.nonce, target))
        if challenge.algorithm.upper().endswith("-SESS"):
            fields["cnonce"] = _quoted(cnonce)
    fields["algorithm"] = challenge.algorithm
    if challenge.opaque is not None:
        fields["opaque"] = _quoted(challenge.opaque)
    return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())


class Authenticator:
    """Answers challenges and counts how often each nonce was used; the last 32 nonces are remembered."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._uses: OrderedDict[str, int] = OrderedDict()

    def answer(self, challenges: Iterable[str], *, method: str, uri: str, body: bytes = b"") -> str | None:
        """The authorization for the best challenge, or None when none is usable."""
        best: Challenge | None = None
        order = list(_HASHES)
        for value in challenges:
            try:
                challenge = Challenge.parse(value)
            except SipError:
                continue  # another scheme beside Digest is no error (RFC 3261 §22.2)
            if challenge.usable and (best is None or order.index(challenge.hash_name) < order.index(best.hash_name)):
                best = challenge
        if best is None:
            return None
        count = self._uses.pop(best.nonce, 0) + 1
        self._uses[best.nonce] = count
        while len(self._uses) > 32:
            self._uses.popitem(last=False)
        return authorization(best, self._credentials, method=method, uri=uri, body=body, count=count)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
