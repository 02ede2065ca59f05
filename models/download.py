"""One file from a hub: as many requests as it takes, then its checksum.

A file that broke off is continued with a Range request (RFC 9110, section 14), guarded by If-Range so that two versions
never mix.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from models.catalogue import ModelFile
from voicebot.errors import ConfigurationError, UnavailableError

ATTEMPTS = 5
"""Requests in a row that bring nothing before a download that had begun gives up; one that had not gives up at two."""

_PATIENCE = (0.5, 1.0, 2.0, 4.0)  # s between attempts
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}

Report = Callable[[str, int, int | None], None]
"""Called with file name, bytes so far and bytes altogether (None: unknown)."""

Checked = Literal["catalogue", "lock", "hub", "recorded"]


@dataclass(frozen=True)
class Fetched:
    """One file that was fetched."""

    name: str
    size: int
    sha256: str
    checked: Checked
    """What its checksum was compared with; ``recorded``: with nothing, it was unknown and stands in the lock now."""


class Download:
    """The download of ``url`` to ``target``; what is there of an earlier one is continued."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        target: Path,
        report: Report,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._url = url
        self._target = target
        self._partial = target.with_name(target.name + ".part")
        self._tag = target.with_name(target.name + ".etag")
        self._report = report
        self._sleep = sleep
        self._stated: str | None = None  # SHA-256 that the hub states
        self._total: int | None = None

    def run(self, file: ModelFile, locked: str | None) -> Fetched:
        """Download what is missing and verify the whole; ``locked`` is the SHA-256 of an earlier fetch.

        Raises:
            UnavailableError: the hub cannot be reached, broke off too often, or sent something else.
            ConfigurationError: there is no room.
        """
        if not self._target.is_file():
            self._bring(file)
            self._partial.replace(self._target)
        with suppress(FileNotFoundError):
            self._tag.unlink()
        try:
            return self._verify(file, locked)
        except UnavailableError:
            self._target.unlink()
            raise

    def _bring(self, file: ModelFile) -> None:
        failures = 0
        while True:
            before = _size(self._partial)
            try:
                self._request(before, file)
                return
            except _BrokenOffError as error:
                failures = failures + 1 if _size(self._partial) <= before else 0
                if failures >= (ATTEMPTS if before else 2):
                    raise UnavailableError(self._gave_up(error)) from None
                if failures:
                    self._sleep(_PATIENCE[min(failures, len(_PATIENCE)) - 1])

    def _gave_up(self, error: Exception) -> str:
        have = _size(self._partial)
        if not have:
            return (
                f"{self._url} cannot be reached ({error}): check the network, or name another address with --hub; "
                "meanwhile the models that come with voicebot serve"
            )
        return f"{self._url} broke off after {have} bytes ({error}): the same command continues there"

    def _request(self, have: int, file: ModelFile) -> None:
        headers = {"Accept-Encoding": "identity"}
        if have and self._tag.is_file():
            headers |= {"Range": f"bytes={have}-", "If-Range": self._tag.read_text(encoding="ascii")}
        try:
            with self._client.stream("GET", self._url, headers=headers) as response:
                self._check(response)
                self._store(response, have if response.status_code == 206 else 0, file)
        except httpx.TransportError as error:
            raise _BrokenOffError(str(error) or type(error).__name__) from None
        except httpx.HTTPError as error:
            raise UnavailableError(f"{self._url}: {error}") from None

    def _check(self, response: httpx.Response) -> None:
        """Raise unless the response carries the file."""
        if self._url.startswith("https://") and response.url.scheme != "https":
            raise UnavailableError(f"{self._url} leads to an address without TLS: refused")
        status = response.status_code
        if status == 416 or status in _TRY_AGAIN:  # 416: what is here is no beginning of what is there
            if status == 416:
                self._partial.unlink(missing_ok=True)
            raise _BrokenOffError(f"the hub answers {status} {response.reason_phrase}")
        if status in (401, 403):
            raise UnavailableError(f"{self._url}: the hub refuses it ({status}); it may ask for a login")
        if status not in (200, 206):
            raise UnavailableError(f"{self._url}: the hub answers {status} {response.reason_phrase}")

    def _store(self, response: httpx.Response, start: int, file: ModelFile) -> None:
        if start and not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
            self._partial.unlink(missing_ok=True)
            raise _BrokenOffError("the hub continues elsewhere than asked")
        length = response.headers.get("content-length", "")
        self._total = start + int(length) if length.isdecimal() else file.size
        first = response.history[0] if response.history else response
        self._stated = _sha256(first.headers.get("x-linked-etag", "")) or _sha256(response.headers.get("etag", ""))
        tag = response.headers.get("etag", "")
        if tag.startswith('"') and tag.isascii():  # a weak one guards no range
            self._tag.write_text(tag, encoding="ascii")
        else:
            self._tag.unlink(missing_ok=True)
        self._room_for((self._total or 0) - start)
        have = start
        self._report(self._target.name, have, self._total)
        with self._partial.open("r+b" if start else "wb") as sink:
            sink.seek(start)
            for chunk in response.iter_bytes():  # as it comes: what came before a break is kept
                sink.write(chunk)
                have += len(chunk)
                self._report(self._target.name, have, self._total)
        if self._total is not None and have < self._total:
            raise _BrokenOffError("the connection ended early")

    def _room_for(self, size: int) -> None:
        free = shutil.disk_usage(self._partial.parent).free
        if size > free:
            raise ConfigurationError(
                f"{self._partial.parent}: {size} bytes are needed and {free} are free: "
                "make room, or give another --models"
            )

    def _verify(self, file: ModelFile, locked: str | None) -> Fetched:
        size = _size(self._target)
        sha256, md5 = digests(self._target)
        if file.size is not None and size != file.size:
            raise self._wrong("size", str(size), str(file.size), "the catalogue's")
        checked: Checked = "recorded"
        sums: tuple[tuple[str | None, str, Checked], ...] = (
            (self._stated, sha256, "hub"),
            (locked, sha256, "lock"),
            (file.md5, md5, "catalogue"),
            (file.sha256, sha256, "catalogue"),
        )
        for expected, found, source in sums:  # the most trustworthy last: it is the one that is named
            if expected is None:
                continue
            if expected != found:
                raise self._wrong("checksum", found, expected, f"the {source}'s")
            checked = source
        return Fetched(file.name, size, sha256, checked)

    def _wrong(self, what: str, found: str, expected: str, whose: str) -> UnavailableError:
        return UnavailableError(
            f"{self._url}: its {what} {found} is not {whose} {expected}; "
            "it was deleted: fetch it again, or from another --hub"
        )


class _BrokenOffError(Exception):
    """A request that may be tried again."""


def digests(path: Path) -> tuple[str, str]:
    """SHA-256 and MD5 of a file, hexadecimal."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while chunk := source.read(1 << 20):
            sha256.update(chunk)
            md5.update(chunk)
    return sha256.hexdigest(), md5.hexdigest()


def _sha256(tag: str) -> str | None:
    """The entity tag of a large file on Hugging Face is its SHA-256."""
    bare = tag.strip('"').lower()
    return bare if len(bare) == 64 and all(digit in "0123456789abcdef" for digit in bare) else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
