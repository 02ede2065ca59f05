"""What guards every page: headers, the origin of requests, sessions and a slow door for guessers."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from time import monotonic

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

COOKIE = "session"
SESSION_SECONDS = 12 * 3600
"""A session's life, s: one working day."""
TRIES = 5
LOCK_SECONDS = 60.0
"""After ``TRIES`` wrong codes the door stays shut this long, s."""
MAX_SESSIONS = 50

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}

Next = Callable[[Request], Awaitable[Response]]


def guard(app: FastAPI) -> None:
    """Send the headers with every answer and refuse what another site's page asks for."""

    @app.middleware("http")
    async def protect(request: Request, call_next: Next) -> Response:
        site = request.headers.get("sec-fetch-site", "same-origin")
        navigation = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
        if site not in ("same-origin", "none") and not navigation:
            response: Response = PlainTextResponse("Requête refusée : elle vient d'un autre site.", 403)
        else:
            response = await call_next(request)
        response.headers.update(HEADERS)
        return response


class Door:
    """The login: one access code, sessions in memory, and a pause after wrong codes."""

    def __init__(self, code: str, clock: Callable[[], float] = monotonic) -> None:
        self._code = code.encode()
        self._clock = clock
        self._sessions: dict[str, float] = {}
        self._wrong = 0
        self._shut_until = 0.0

    def open(self, code: str) -> str | None:
        """A new session's id for the right code, else None."""
        now = self._clock()
        if now < self._shut_until:
            return None
        if not hmac.compare_digest(code.strip().encode(), self._code):
            self._wrong += 1
            if self._wrong >= TRIES:
                self._wrong, self._shut_until = 0, now + LOCK_SECONDS
            return None
        self._wrong = 0
        # The oldest session makes room: memory stays bounded.
        while len(self._sessions) >= MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = secrets.token_urlsafe(32)
        self._sessions[session] = now + SESSION_SECONDS
        return session

    @property
    def shut(self) -> bool:
        """Whether too many wrong codes came."""
        return self._clock() < self._shut_until

    def admits(self, session: str | None) -> bool:
        """Whether a session is open."""
        return session is not None and self._sessions.get(session, 0.0) > self._clock()

    def close(self, session: str | None) -> None:
        """Log out."""
        self._sessions.pop(session or "", None)
