"""A hub on loopback with the paths of Hugging Face: ranges, redirects, and every way to fail."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """What the server holds, how it misbehaves, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """Path → content."""
    breaks_after: list[int] = field(default_factory=list)
    """The connection is closed after so many bytes of the next answers."""
    statuses: list[int] = field(default_factory=list)
    """The next answers are these errors."""
    ranges: bool = True
    """It obeys Range."""
    states_sha256: bool = False
    """Large files come by a redirect that states their SHA-256, as on Hugging Face."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of each request."""

    def put(self, repository: str, revision: str, path: str, content: bytes) -> str:
        """Add a file; returns its SHA-256."""
        self.files[f"/{repository}/resolve/{revision}/{path}"] = content
        return hashlib.sha256(content).hexdigest()


@contextmanager
def serve() -> Iterator[Hub]:
    """Run a hub until the block ends."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            hub.requests.append((self.path, self.headers.get("Range")))
            if hub.statuses:
                self._empty(hub.statuses.pop(0))
                return
            stored = self.path.startswith("/store")
            content = hub.files.get(self.path.removeprefix("/store"))
            if content is None:
                self._empty(404)
            elif hub.states_sha256 and not stored:
                self.send_response(302)
                self.send_header("Location", "/store" + self.path)
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._send(content)

        def _empty(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, content: bytes) -> None:
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            start = 0
            if wanted and hub.ranges and self.headers.get("If-Range") == tag:
                start = int(wanted[1])
                if start >= len(content):
                    self._empty(416)
                    return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            body = content[start:]
            if hub.breaks_after:
                body = body[: hub.breaks_after.pop(0)]
                self.close_connection = True
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
