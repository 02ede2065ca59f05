"""À relire, on a service with real calls: doubt first, three columns, corrected in place, judged, by keys if wished."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.visit import needs_a_browser
from tests.e2e.patients import Dictated, WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]


async def test_finished_calls_stand_with_the_most_doubtful_first_and_reading_one_is_logged(
    people: People, desk_service: RunningService
) -> None:
    async with WebCaller(desk_service) as unnamed:
        await unnamed.book(when="08122026")  # by keys a name cannot be told
        await unnamed.hang_up()
        await unnamed.wait("callback", reason="name")
    async with Dictated(desk_service) as unsure:
        await unsure.asked("open")
        await unsure.say("quels sont vos horaires", logprob=-0.9)
        await unsure.asked("open")
    async with Dictated(desk_service) as urgent:
        await urgent.asked("open")
        await urgent.say("j'ai très mal dans la poitrine et je n'arrive plus à respirer")
        await urgent.wait("outcome", outcome="emergency")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/relire")
        paths = await page.locator("a.line").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        places = [next(n for n, path in enumerate(paths) if call.id in path) for call in (urgent, unnamed, unsure)]
        assert places == sorted(places)
        await expect(page.locator(f"a.line[href*='{urgent.id}']")).to_contain_text("signe d'urgence")
        await expect(page.locator(f"a.line[href*='{unnamed.id}']")).to_contain_text("identité à vérifier")
        await expect(page.locator(f"a.line[href*='{unsure.id}']")).to_contain_text("écoute incertaine")
        await page.locator(f"a.line[href*='{unsure.id}']").click()
        columns = page.locator("table.turns thead th")
        await expect(columns).to_have_text(["Heure", "Entendu", "Compris", "Réponse et actes"])
        row = page.locator("table.turns tbody tr", has_text="quels sont vos horaires")
        await expect(row.locator("td").nth(1)).to_contain_text("écoute incertaine")
        await expect(row.locator("td").nth(2)).to_contain_text("les horaires")
        await expect(row.locator("td").nth(3)).to_contain_text("Le cabinet est ouvert")
    async with people.at_the_desk("auditor") as visit:
        await visit.go("/acces?quoi=transcript")
        read = visit.page.locator("tbody tr", has_text=unsure.id)
        await expect(read.first).to_contain_text("Brigitte Morel")


async def test_a_booking_is_corrected_in_place_undone_and_the_call_marked_as_wrong_with_a_reason(
    people: People, desk_service: RunningService
) -> None:
    async with WebCaller(desk_service) as call:
        appointment = await call.book(when="09122026")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go(f"/relire/{call.id}")
        facts = page.locator("section[aria-labelledby=booking-title] dl")
        await expect(facts).to_contain_text("Mercredi 9 décembre, 08:30")
        await expect(page.locator("table.turns")).to_contain_text("écrit dans l'agenda")
        await page.get_by_text("Corriger…").click()
        await page.get_by_label("Jour et heure").fill("2026-12-09T11:00")
        await page.get_by_label("Nom de naissance").fill("Testard")
        await page.get_by_label("Prénom", exact=True).fill("Luce")
        await page.get_by_role("button", name="Enregistrer la correction").click()
        await expect(page.locator("#toast")).to_contain_text("C'est corrigé.")
        await expect(facts).to_contain_text("Mercredi 9 décembre, 11:00")
        await expect(facts).to_contain_text("Luce Testard")
        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(facts).to_contain_text("Mercredi 9 décembre, 08:30")
        await expect(facts).not_to_contain_text("Testard")

        await page.get_by_text("C'est faux…").click()
        await page.get_by_role("radio", name="jour ou heure").check()
        await page.get_by_label("Précision").fill("il voulait l'après-midi")
        await page.get_by_role("button", name="Noter faux").click()
        await expect(page.locator("#toast")).to_contain_text("Appel noté faux.")
        await visit.go("/relire?vue=relus")
        await expect(page.locator(f"a.line[href*='{call.id}']")).to_contain_text("faux : jour ou heure")
    rows = {row["id"]: row for row in desk_service.appointments("--all")}
    assert appointment in rows
    standing = [row for row in rows.values() if row["status"] == "booked" and row["start"].startswith("2026-12-09")]
    assert [row["start"] for row in standing] == ["2026-12-09T08:30"]


async def test_a_call_is_read_judged_and_taken_back_without_a_mouse(
    people: People, desk_service: RunningService
) -> None:
    async with Dictated(desk_service) as call:
        await call.asked("open")
        await call.say("ma mère ne respire plus")
        await call.wait("outcome", outcome="emergency")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/relire")
        keys = page.get_by_label("Au clavier")
        await keys.focus()
        await page.keyboard.press("Space")
        await expect(keys).to_be_checked()
        await page.keyboard.press("j")
        await page.wait_for_url(re.compile(r"/relire/\w+"))
        first = page.url
        await page.keyboard.press("b")
        await expect(page.locator("#toast")).to_contain_text("Appel noté juste.")
        assert page.url != first, "the next call that waits is opened"
        await page.locator("#toast").get_by_role("button", name="Annuler").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#toast")).to_contain_text("L'avis est retiré.")
        await page.wait_for_load_state()
        await page.keyboard.press("f")
        reason = page.get_by_role("radio").first
        await expect(reason).to_be_visible()
        await reason.focus()
        await page.keyboard.press("Space")
        await page.get_by_label("Précision").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#toast")).to_contain_text("Appel noté")
