"""The desk in Debian's Chromium: no fault that axe finds, everything by keyboard, no violation of the policy."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, async_playwright

from tests.desk.conftest import PASSWORD
from tests.desk.test_calls import MARKUP, PROMISE, book, call
from tests.desk.visit import CHROMIUM, Visit, needs_a_browser
from voicebot.desk.app import create_desk
from voicebot.desk.context import Desk
from voicebot.servers import PageServer
from voicebot.sockets import bind

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    needs_a_browser,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        made = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(desk: Desk, browser: Browser) -> AsyncIterator[Visit]:
    app: FastAPI = create_desk(desk)
    desk.accounts.add("tous", "Anne Roche", ["secretary", "practitioner", "administrator", "auditor"], PASSWORD)
    door = bind("127.0.0.1", 0, socket.SOCK_STREAM, "--http-port")
    address = f"http://127.0.0.1:{door.getsockname()[1]}"
    server = PageServer(app, door)
    await server.start()
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    context.set_default_timeout(30_000)
    made = Visit(await context.new_page(), address)
    yield made
    assert made.complaints == []
    assert made.hosts == {urlsplit(address).netloc}
    await context.close()
    await server.stop()


async def log_in(visit: Visit) -> None:
    """By keyboard alone."""
    await visit.go("/login")
    # The focus comes a moment after the page where the machine is busy.
    await visit.page.locator("#f-login:focus").wait_for()
    await visit.page.keyboard.type("tous")
    await visit.page.keyboard.press("Tab")
    await visit.page.locator("#f-password:focus").wait_for()
    await visit.page.keyboard.type(PASSWORD)
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/")


def fill(desk: Desk) -> None:
    """Something on every page."""
    made = book(desk)
    call(desk, "booked", outcome="booked", appointment=made.id, heard=MARKUP)
    call(desk, "urgent", outcome="emergency")
    call(desk, "results", outcome="callback", logprob=-0.9)
    desk.journal.record("results", "callback", **PROMISE)
    call(desk, "live1", heard=MARKUP)
    call(desk, "live2")


PAGES = ("/", "/?appel=live1", "/relire", "/relire/booked", "/relire?vue=relus", "/a-faire", "/a-faire?vue=fait",
         "/essayer", "/acces", "/comptes", "/compte", "/introuvable")  # fmt: skip

EMPTY = ("/", "/relire", "/a-faire")
"""Pages that have an empty state of their own."""


@pytest.mark.parametrize("filled", [True, False], ids=["filled", "empty"])
async def test_axe_finds_nothing_on_any_page_and_nothing_overflows_on_a_phone(
    visit: Visit, desk: Desk, filled: bool
) -> None:
    await visit.go("/login")
    found = {"/login": await visit.axe()}
    await log_in(visit)
    if filled:
        fill(desk)
    for path in PAGES:
        if not filled and path not in EMPTY:
            continue
        await visit.page.set_viewport_size({"width": 1366, "height": 768})
        await visit.go(path)
        found[path] = await visit.axe()
        await visit.page.set_viewport_size({"width": 390, "height": 844})
        width = await visit.page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            found[path].append(f"{width} px wide on a phone of 390")
    visit.complaints = [text for text in visit.complaints if "404" not in text]
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_a_call_appears_and_speaks_without_a_reload_and_its_markup_stays_inert(visit: Visit, desk: Desk) -> None:
    await log_in(visit)
    page = visit.page
    await page.wait_for_function("document.body.textContent.includes('Tout est calme')")
    call(desk, "live1", heard="bonjour")
    link = page.locator("#c-live1")
    await link.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**appel=live1")
    await page.locator(".talk .heard", has_text="bonjour").wait_for()
    # The page's stream is open once it has told the list.
    desk.journal.record("live1", "heard", text=MARKUP, rejected=None, logprob=-0.1)
    await page.locator(".talk .heard", has_text="<script>alert(1)</script>").wait_for()
    assert await page.locator(".talk script, .talk b").count() == 0
    desk.journal.record("live1", "outcome", outcome="booked")
    desk.journal.record("live1", "ended", reason="normal")
    await page.get_by_text("L'appel est terminé").wait_for()
    assert await page.locator("[role=log][aria-live=polite]").count() == 1


async def test_calls_are_reviewed_by_keys_where_wished_and_an_act_is_undone(visit: Visit, desk: Desk) -> None:
    fill(desk)
    await log_in(visit)
    await visit.go("/relire")
    page = visit.page
    await page.keyboard.press("j")
    assert page.url.endswith("/relire"), "no key acts until it is wished"
    await page.get_by_label("Au clavier").check()
    await page.keyboard.press("j")
    await page.wait_for_url("**/relire/urgent*")
    await page.keyboard.press("j")
    await page.wait_for_url("**/relire/results*")
    await page.keyboard.press("k")
    await page.wait_for_url("**/relire/urgent*")
    await page.keyboard.press("b")
    await page.get_by_text("Appel noté juste.").wait_for()
    await page.get_by_role("button", name="Annuler", exact=True).click()
    await page.get_by_text("L'avis est retiré.").wait_for()
    summary = desk.workspace.call_log.get("urgent")
    assert summary is not None
    assert summary.verdict is None


async def test_every_control_is_reached_by_tab_and_shows_that_it_is(visit: Visit, desk: Desk) -> None:
    fill(desk)
    await log_in(visit)
    await visit.go("/a-faire")
    page = visit.page
    outlined = 0
    for _ in range(25):
        await page.keyboard.press("Tab")
        width = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        name = await page.evaluate("document.activeElement.outerHTML.slice(0, 90)")
        assert float(re.sub(r"[^\d.]", "", width) or 0) >= 2 or "date" in name, name
        outlined += 1
        if "Noter" in await page.evaluate("document.activeElement.textContent"):
            break
    assert outlined >= 10


async def test_text_at_200_percent_loses_nothing(visit: Visit, desk: Desk) -> None:
    fill(desk)
    await log_in(visit)
    await visit.page.set_viewport_size({"width": 683, "height": 384})  # what 1366 px are at 200 %
    for path in ("/?appel=live1", "/relire/booked", "/a-faire"):
        await visit.go(path)
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 683, path
