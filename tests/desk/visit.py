"""One person in one browser, and what the browser complained about."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Locator, Page, Request

from voicebot.desk.context import VENDOR

AXE = Path("voicebot/desk/frontend/node_modules/axe-core/axe.min.js")
CHROMIUM = shutil.which("chromium")

needs_a_browser = pytest.mark.skipif(
    CHROMIUM is None or not AXE.exists() or not VENDOR.exists(),
    reason="needs chromium (scripts/install-peers) and the pages' packages from npm (make install-dev)",
)

DESKTOP = (1366, 768)
PHONE = (390, 844)
AT_200_PERCENT = (683, 384)
"""What a screen of 1366 × 768 holds when everything is twice as large."""


@cache
def axe_core() -> str:
    """The checker's own script."""
    return AXE.read_text(encoding="utf-8")


class Visit:
    """A page, what its browser complained of, and the hosts that it asked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address.rstrip("/")
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", self._asked)

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _asked(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)

    def expected(self, *texts: str) -> None:
        """Forget complaints that the test itself has caused."""
        self.complaints = [said for said in self.complaints if not any(text in said for text in texts)]

    async def go(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def size(self, size: tuple[int, int]) -> None:
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def axe(self) -> list[str]:
        """What axe finds, each with the elements that it is about."""
        await self.page.evaluate(axe_core() + "; 0")
        return list(
            await self.page.evaluate(
                "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes.map(n => n.target).join(', '))"
            )
        )

    async def overflow(self, size: tuple[int, int]) -> list[str]:
        """Whether the page is wider than a screen of this size."""
        await self.size(size)
        width = await self.page.evaluate("document.documentElement.scrollWidth")
        await self.size(DESKTOP)
        return [f"{width} px wide on a screen of {size[0]}"] if width > size[0] else []


async def drag(page: Page, what: Locator, minutes: int, right: float = 0) -> None:
    """Drag a row of the calendar down by a number of minutes, and ``right`` pixels."""
    box = await what.bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 6
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + right / 2, y + minutes * 26 / 30, steps=6)
    await page.mouse.move(x + right, y + minutes * 26 / 15, steps=6)
    await page.mouse.up()
