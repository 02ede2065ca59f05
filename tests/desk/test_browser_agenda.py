"""Agenda, patients, rules and board in Debian's Chromium: axe, mouse, keyboard, two people at one row, paper."""

# Fixtures of the other browser tests are imported by name.
# ruff: noqa: F811

from __future__ import annotations

from datetime import date, datetime

import pytest
from playwright.async_api import Browser

from tests.desk.conftest import PASSWORD
from tests.desk.test_agenda_page import booked, someone
from tests.desk.test_browser import browser, pytestmark, visit  # noqa: F401
from tests.desk.test_figures import tell
from tests.desk.visit import Visit, drag
from voicebot.desk.context import Desk
from voicebot.ports import Appointment, SlotQuery

TUESDAY = date(2026, 11, 24)
DAY = "/agenda?jour=2026-11-24"


def fill(desk: Desk) -> Appointment:
    """Something on every page."""
    made = booked(desk, name="Roussel")
    booked(desk, datetime(2026, 11, 24, 9, 30), "Lemoine", "b", who="moreau", motive="vaccination")
    [slot] = desk.workspace.agenda.offers(SlotQuery("consultation"), limit=1)
    desk.workspace.agenda.hold(slot, patient="new", owner="c1")
    for call in ("c1", "c2"):
        tell(desk.workspace.events, call, "answered", kind="sip")
        tell(desk.workspace.events, call, "turn", silence_ms=300, recognition_ms=200, dialogue_ms=60, synthesis_ms=100)
        tell(desk.workspace.events, call, "outcome", outcome="booked" if call == "c1" else "emergency")
    tell(desk.workspace.events, "c1", "heard", text="une consultation samedi 28 novembre à 15 heures")
    return made


async def log_in(visit: Visit, login: str = "tous") -> None:
    await visit.go("/login")
    await visit.page.get_by_label("Identifiant").fill(login)
    await visit.page.get_by_label("Mot de passe").fill(PASSWORD)
    await visit.page.keyboard.press("Enter")
    await visit.page.wait_for_url("**/")


async def faults(visit: Visit) -> list[str]:
    found = await visit.axe()
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    width = await visit.page.evaluate("document.documentElement.scrollWidth")
    await visit.page.set_viewport_size({"width": 1366, "height": 768})
    return found + ([f"{width} px wide on a phone of 390"] if width > 390 else [])


GROUPS = {
    "agenda": (DAY, "/agenda?vue=semaine&jour=2026-11-24&praticien=benali", "/agenda/{made}", "/agenda/nouveau",
               "/agenda/nouveau?patient={patient}"),
    "patients": ("/patients", "/patients/nouveau", "/patients/{patient}", "/patients/{patient}/modifier",
                 "/patients/{patient}/acces", "/patients/{patient}/effacer"),
    "board": ("/tableau", "/tableau?vue=semaines", "/tableau/resume"),
    "rules": ("/regles", "/regles/absences", "/regles/absences/0", "/regles/motives/frottis", "/regles/versions"),
    "more rules": ("/regles/phrases/nouveau", "/regles/conversation", "/regles/simulateur?texte=un frottis dimanche",
                   "/regles/simulateur/appels", "/regles/sip", "/regles/openings/nouveau"),
}  # fmt: skip
EMPTY = (DAY, "/tableau", "/tableau/resume", "/regles/simulateur/appels", "/regles/exceptions")


@pytest.mark.parametrize("group", GROUPS)
async def test_axe_finds_nothing_on_these_pages(visit: Visit, desk: Desk, group: str) -> None:
    await log_in(visit)
    made, patient, found = fill(desk), someone(desk, "Laurent"), {}
    for path in GROUPS[group]:
        await visit.go(path.format(made=made.id, patient=patient.id))
        if path == DAY or path.startswith("/agenda?vue=semaine"):
            await visit.page.locator(".calendar a.rdv").first.wait_for()
        found[path] = await faults(visit)
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_axe_finds_nothing_where_there_is_nothing_and_on_answers(visit: Visit) -> None:
    await log_in(visit)
    page, found = visit.page, {}
    for path in EMPTY:
        await visit.go(path)
        found[path] = await faults(visit)
    await visit.go("/patients")
    await page.get_by_label("Date de naissance").fill("12/03/1978")
    await page.get_by_role("button", name="Chercher").click()
    await page.get_by_text("homonyme", exact=True).first.wait_for()
    found["results"] = await faults(visit)
    await visit.go("/regles/absences/0")
    await page.get_by_role("button", name="Retirer…").click()
    await page.get_by_role("heading", name="Ce que cela changerait").wait_for()
    found["preview"] = await faults(visit)
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_a_row_is_dragged_and_put_back_by_its_toast(visit: Visit, desk: Desk) -> None:
    booked(desk, name="Roussel")
    await log_in(visit)
    await visit.go(DAY)
    page = visit.page
    row = page.locator(".calendar a.rdv", has_text="Roussel")
    await row.wait_for()
    column = await page.locator(".calendar .ec-day").first.bounding_box()
    assert column is not None
    await drag(page, row, 60, right=-column["width"])
    await page.get_by_text("Rendez-vous déplacé : 24/11 à 10:00.").wait_for()
    [now] = desk.workspace.agenda.day(TUESDAY)
    assert (now.slot.start, now.slot.practitioner) == (datetime(2026, 11, 24, 10, 0), "lefevre")
    await page.locator("#toast").get_by_role("button", name="Annuler").click()
    await page.locator(".calendar a.rdv", has_text="09:00").wait_for()
    [back] = desk.workspace.agenda.day(TUESDAY)
    assert (back.slot.start, back.slot.practitioner) == (datetime(2026, 11, 24, 9, 0), "benali")


async def test_a_drag_that_is_refused_springs_back_and_says_why(visit: Visit, desk: Desk) -> None:
    booked(desk, name="Roussel")
    booked(desk, datetime(2026, 11, 24, 10, 0), key="b")
    await log_in(visit)
    await visit.go(DAY)
    page = visit.page
    row = page.locator(".calendar a.rdv", has_text="Roussel")
    await row.wait_for()
    await drag(page, row, 60)
    await page.locator("#toast").get_by_text("Placer quand même…").wait_for()
    await page.locator(".calendar a.rdv", has_text="09:00").wait_for()
    assert sorted(a.slot.start.hour for a in desk.workspace.agenda.day(TUESDAY)) == [9, 10]
    visit.complaints = [text for text in visit.complaints if "409" not in text]
    await page.locator("#toast").get_by_role("link", name="Placer quand même…").click()
    assert await page.get_by_label("Jour et heure").input_value() == "2026-11-24T10:00"


async def test_two_people_see_each_others_changes_and_lose_nothing(visit: Visit, desk: Desk, browser: Browser) -> None:
    made = booked(desk, name="Roussel")
    await log_in(visit)
    await visit.go(DAY)
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    context.set_default_timeout(30_000)
    other = Visit(await context.new_page(), visit.address)
    await log_in(other, "secretary")
    await other.go(f"/agenda/{made.id}")

    row = visit.page.locator(".calendar a.rdv", has_text="Roussel")
    await row.wait_for()
    await drag(visit.page, row, 60)
    await visit.page.get_by_text("Rendez-vous déplacé").wait_for()

    await other.page.get_by_text("Ce rendez-vous vient de changer sur un autre poste.").wait_for()
    await other.page.get_by_label("Jour et heure").fill("2026-11-24T11:00")
    await other.page.get_by_role("button", name="Déplacer").click()
    await other.page.get_by_text("Rien n'a été écrasé").wait_for()
    await other.page.get_by_role("link", name="Voir où il est maintenant").click()
    assert await other.page.get_by_label("Jour et heure").input_value() == "2026-11-24T11:00"
    await other.page.get_by_role("button", name="Déplacer").click()
    await other.page.get_by_text("Rendez-vous déplacé : 24/11 à 11:00.").wait_for()

    await visit.page.locator(".calendar a.rdv", has_text="11:00").wait_for()
    [now] = desk.workspace.agenda.day(TUESDAY)
    assert now.slot.start.hour == 11
    await context.close()


async def test_a_row_is_moved_by_keyboard_alone(visit: Visit, desk: Desk) -> None:
    booked(desk, name="Roussel")
    await log_in(visit)
    await visit.go(DAY)
    page = visit.page
    link = page.locator(".calendar a.rdv", has_text="Roussel")
    await link.wait_for()
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await link.evaluate("link => link === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    start = page.get_by_label("Jour et heure")
    await start.focus()
    await start.fill("2026-11-24T16:30")
    await page.keyboard.press("Enter")
    await page.get_by_text("Rendez-vous déplacé : 24/11 à 16:30.").wait_for()
    [now] = desk.workspace.agenda.day(TUESDAY)
    assert now.slot.start.hour == 16


async def test_the_day_prints_as_a_list(visit: Visit, desk: Desk) -> None:
    fill(desk)
    await log_in(visit)
    await visit.go(DAY)
    page = visit.page
    await page.locator(".calendar a.rdv").first.wait_for()
    assert not await page.locator("#list").is_visible()
    await page.emulate_media(media="print")
    assert await page.locator("#list").is_visible()
    assert not await page.locator("#calendar").is_visible()
    assert not await page.locator(".side").is_visible()
    assert await page.locator("#list").get_by_text("Roussel Camille").is_visible()


async def test_a_click_on_a_free_time_opens_the_form_with_it(visit: Visit, desk: Desk) -> None:
    await log_in(visit)
    await visit.go(DAY)
    page = visit.page
    column = page.locator(".calendar .ec-day").nth(1)
    await column.wait_for()
    box = await column.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 50, box["y"] + 26 * 4 + 8)  # the agenda begins at 8:00
    await page.wait_for_url("**/agenda/nouveau?**")
    assert await page.get_by_label("Jour et heure").input_value() == "2026-11-24T09:00"
    assert await page.get_by_label("Avec").input_value() == "benali"


@pytest.mark.parametrize("path", [DAY, "/tableau", "/regles", "/regles/motives/frottis", "/patients"])
async def test_text_at_200_percent_loses_nothing_here_either(visit: Visit, desk: Desk, path: str) -> None:
    fill(desk)
    await log_in(visit)
    await visit.page.set_viewport_size({"width": 683, "height": 384})
    await visit.go(path)
    assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 683
