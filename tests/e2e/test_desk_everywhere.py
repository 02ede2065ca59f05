"""Every page of a real service: axe, a phone's screen, text twice as large, reduced motion, the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.visit import AT_200_PERCENT, PHONE, Visit, needs_a_browser
from tests.e2e.patients import Dictated
from tests.e2e.people import PASSWORD, People
from tests.e2e.running import RunningService
from tests.e2e.walks import book

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

PAGES = (
    *("/", "/?appel={live}", "/relire", "/relire/{ended}", "/relire?vue=tous", "/a-faire", "/a-faire?vue=fait"),
    *("/agenda", "/agenda?jour=2026-12-22", "/agenda?vue=semaine&jour=2026-12-22&praticien=benali", "{appointment}"),
    *("/agenda/nouveau", "/patients", "{patient}", "{patient}/modifier", "{patient}/acces", "{patient}/effacer"),
    *("/regles", "/regles/versions", "/regles/absences", "/regles/motives/frottis", "/regles/conversation"),
    *("/regles/simulateur?texte=un frottis dimanche", "/regles/simulateur/appels", "/essayer", "/tableau"),
    *("/tableau?vue=semaines", "/tableau/resume", "/acces", "/comptes", "/compte", "/introuvable"),
)


async def settled(visit: Visit) -> None:
    """The calendar is drawn after the page."""
    if await visit.page.locator("#calendar:not([hidden])").count():
        await expect(visit.page.locator("#calendar .ec-day").first).to_be_visible()


async def test_axe_finds_nothing_and_nothing_overflows_on_any_page(
    people: People, desk_service: RunningService
) -> None:
    found: dict[str, list[str]] = {}
    async with Dictated(desk_service) as ended:
        await ended.book(
            open="je voudrais une consultation", known="non", when="22122026",
            birth_name="Axelle", first_name="Marie", birth_date="03041955", confirm="oui",
        )  # fmt: skip
    async with people.at_the_desk(None) as visit:
        await visit.go("/login")
        found["/login"] = await visit.axe() + await visit.overflow(PHONE)
    async with people.at_the_desk() as visit, Dictated(desk_service) as live:
        await live.asked("open")
        await live.say("quels sont vos horaires <b>merci</b>")
        await live.asked("open")
        appointment = await book(visit, "15/10/1996", "2026-12-22T16:00")
        await visit.go(appointment)
        patient = await visit.page.locator("dl.facts a").first.get_attribute("href")
        places = {"live": live.id, "ended": ended.id, "appointment": appointment, "patient": patient}
        for path in PAGES:
            await visit.go(path.format(**places))
            await settled(visit)
            found[path] = await visit.axe()
            found[path] += await visit.overflow(PHONE) + await visit.overflow(AT_200_PERCENT)
        visit.expected("404")
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_nothing_moves_for_who_wants_no_motion(people: People, desk_service: RunningService) -> None:
    async with people.at_the_desk() as visit, Dictated(desk_service) as live:
        await live.asked("open")
        await visit.page.emulate_media(reduced_motion="reduce")
        for path in (f"/?appel={live.id}", "/agenda", "/relire"):
            await visit.go(path)
            moving = await visit.page.evaluate(
                "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
                " return parseFloat(s.animationDuration) * 1000 > 1 && s.animationName !== 'none'"
                " || parseFloat(s.transitionDuration) * 1000 > 1; }).map(e => e.outerHTML.slice(0, 80))"
            )
            assert moving == [], path


async def test_someone_enters_reads_a_call_and_leaves_by_keyboard_alone(
    people: People, desk_service: RunningService
) -> None:
    async with Dictated(desk_service) as live, people.at_the_desk(None) as visit:
        await live.asked("open")
        page = visit.page
        await visit.go("/login")
        await page.locator("#f-login:focus").wait_for()
        await page.keyboard.type("anne")
        await page.keyboard.press("Tab")
        await page.locator("#f-password:focus").wait_for()
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Maintenant")
        await tab_to(visit, f"#c-{live.id}")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile(live.id))
        await expect(page.get_by_role("log")).to_contain_text("assistant automatique")
        await expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
        await tab_to(visit, "form[action='/logout'] button")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Entrer")).to_be_visible()


async def tab_to(visit: Visit, selector: str) -> None:
    """Press Tab until that has the focus; every stop on the way shows that it has it."""
    page = visit.page
    await page.wait_for_load_state()
    for _ in range(80):
        await page.keyboard.press("Tab")
        shown = await page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()"
        )
        assert shown, await page.evaluate("document.activeElement.outerHTML.slice(0, 100)")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")
