"""How the desk's pages look on a phone: no text is squeezed, and what was done is told."""

# Fixtures of the other browser tests are imported by name.
# ruff: noqa: F811

from __future__ import annotations

from tests.desk.test_agenda_page import booked
from tests.desk.test_browser import Visit, browser, fill, log_in, pytestmark, visit  # noqa: F401
from voicebot.desk.context import Desk

PAGES = ("/?appel=live1", "/relire", "/relire/booked", "/a-faire", "/agenda", "/agenda?vue=semaine",
         "/agenda/nouveau", "/tableau", "/tableau/resume", "/essayer", "/acces")  # fmt: skip

SQUEEZED = """() => [...document.querySelectorAll('main *')]
  .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim().length > 12))
  .filter((part) => !part.closest('.unseen, svg, option, [hidden], title') && part.getClientRects().length)
  .filter((part) => part.getBoundingClientRect().width < 48)
  .map((part) => part.tagName + ': ' + part.textContent.trim().slice(0, 30))"""
"""Texts of more than a word in a column narrower than three letters or so."""


async def test_no_text_is_squeezed_on_a_phone(visit: Visit, desk: Desk) -> None:
    fill(desk)
    booked(desk, name="Roussel")
    await log_in(visit)
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    found = {}
    for path in PAGES:
        await visit.go(path)
        if squeezed := await visit.page.evaluate(SQUEEZED):
            found[path] = squeezed
    assert found == {}


async def test_what_was_done_is_the_first_thing_that_a_screen_reader_says(visit: Visit, desk: Desk) -> None:
    await log_in(visit)
    await visit.go("/a-faire")
    await visit.page.get_by_label("À faire", exact=True).fill("rappeler le labo")
    await visit.page.get_by_role("button", name="Noter", exact=True).click()
    await visit.page.locator(".toast", has_text="C'est noté.").wait_for()
    assert (await visit.page.title()).startswith("C'est noté. – À faire")
