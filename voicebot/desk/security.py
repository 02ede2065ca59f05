"""What guards every page: headers, and the origin of requests."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
STATIC_CACHE = "no-cache"
"""Style and script are asked for again by their tag: an update is seen at once, and nothing of a patient is in them."""

SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """Sends the headers with every answer and refuses what another site's page asks for."""

    def __init__(self, app: ASGIApp, *, tls: bool = False) -> None:
        self._app = app
        self._tls = tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = STATIC_CACHE
                if self._tls:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        if _from_elsewhere(scope["method"], Headers(scope=scope)):
            await PlainTextResponse("Requête refusée : elle vient d'un autre site.", 403)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)


def _from_elsewhere(method: str, headers: Headers) -> bool:
    """Whether a page of another site asks (fetch metadata; the Origin where a browser sends none)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        navigation = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not navigation
    origin = headers.get("origin")
    return method not in SAFE and origin is not None and urlsplit(origin).netloc != headers.get("host")
