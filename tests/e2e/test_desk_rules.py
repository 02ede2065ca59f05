"""Règles, on a service with real calls: previewed, applied, obeyed by the next call, undone; the simulator; replay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.desk.visit import Visit, needs_a_browser
from tests.e2e.patients import Dictated, WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

MONDAY = "2026-12-21"


DONE = re.compile("c'est (en vigueur|enregistré)")


async def offered_on_monday(service: RunningService) -> list[str]:
    """What a caller is offered who asks for that day."""
    async with Dictated(service) as call:
        await call.asked("open")
        await call.say("je voudrais une consultation le lundi 21 décembre")
        await call.asked("known")
        await call.say("oui je suis déjà venu")
        return [start for start in (await call.wait("asks"))["offers"] if start.startswith(MONDAY)]


async def test_an_absence_is_seen_in_slots_before_it_holds_then_the_next_call_obeys_it_until_it_is_undone(
    people: People, desk_service: RunningService, cabinet: Path
) -> None:
    before = (cabinet / "practice.toml").read_bytes()
    assert await offered_on_monday(desk_service)
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/regles/absences/nouveau")
        for doctor in ("lefevre", "benali"):
            await page.locator(f"input[name=who][value={doctor}]").check()
        await page.locator("#f-from").fill(MONDAY)
        await page.locator("#f-to").fill(MONDAY)
        await page.locator("#f-label").fill("formation")
        await page.get_by_role("button", name="Voir l'effet").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ce que cela changerait")
        effect = page.locator("ul.effect li", has_text="Lundi 21 décembre").filter(has_text="le docteur Benali")
        await expect(effect.locator(".minus")).to_be_visible()
        assert (cabinet / "practice.toml").read_bytes() == before, "a preview changes nothing"
        assert await offered_on_monday(desk_service)

        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.locator("#toast")).to_contain_text(DONE)
        after = (cabinet / "practice.toml").read_text(encoding="utf-8")
        assert "formation" in after
        assert set(comments(before.decode())) <= set(comments(after))
        assert await offered_on_monday(desk_service) == []
        # A page that has been open since shows why nobody receives.
        other = await page.context.new_page()
        await other.goto(f"{visit.address}/agenda?jour={MONDAY}")
        await expect(other.locator("#calendar").get_by_text("formation").first).to_be_visible(timeout=60_000)
        await other.close()

        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Versions")
        assert (cabinet / "practice.toml").read_bytes() == before
        assert await offered_on_monday(desk_service)
        await expect(page.locator("ul.rows li").first).to_contain_text("Brigitte Morel")


def comments(text: str) -> list[str]:
    """What the practice has written beside its rules."""
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


async def test_the_practice_is_closed_in_one_click_and_the_next_caller_is_told(
    people: People, desk_service: RunningService
) -> None:
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/regles")
        await page.get_by_role("button", name="Fermé").click()
        await expect(page.get_by_role("button", name="Fermé")).to_have_attribute("aria-pressed", "true")
        async with WebCaller(desk_service) as call:
            greeting = (await call.wait("said"))["text"]
        await page.get_by_role("button", name="Normal").click()
        await expect(page.get_by_role("button", name="Normal")).to_have_attribute("aria-pressed", "true")
        assert "Le cabinet est fermé" in greeting
        async with WebCaller(desk_service) as call:
            assert "Le cabinet est fermé" not in (await call.wait("said"))["text"]


async def test_the_simulator_answers_with_the_rule_that_decides_and_replays_what_was_really_asked(
    people: People, desk_service: RunningService
) -> None:
    async with Dictated(desk_service) as call:
        await call.asked("open")
        await call.say("je voudrais une consultation samedi 28 novembre à 15 heures")
        await call.wait("asks")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/regles")
        await ask(visit, "nouveau patient, mardi, frottis")
        answer = page.locator("section.answer")
        await expect(answer.locator(".verdict")).to_have_text("Oui")
        await expect(answer).to_contain_text("Il proposerait")
        await expect(answer).to_contain_text("nouveau patient")
        await ask(visit, "nouveau patient, certificat mardi")
        await expect(answer.locator(".verdict")).to_have_text("Non")
        await expect(answer).to_contain_text("ligne")
        await answer.get_by_role("link", name="la voir").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("certificat")
        await visit.go("/regles/simulateur")
        await page.get_by_label("Motif").select_option("consultation")
        await page.get_by_role("radio", name="déjà venu").check()
        await page.get_by_label("Jour").fill("2026-12-25")
        await page.locator("form", has_text="Ou par champs").get_by_role("button", name="Essayer").click()
        await expect(answer.locator(".verdict")).to_have_text("Non")
        await expect(answer).to_contain_text("Noël")

        await visit.go("/regles/simulateur/appels")
        replayed = page.locator("ul.rows li", has_text="samedi 28 novembre à 15 heures")
        await expect(replayed.first.get_by_text("non", exact=True)).to_be_visible()
        await replayed.first.get_by_role("link", name="L'appel").click()
        await expect(page.get_by_role("heading", name="Appel de")).to_be_visible()


async def ask(visit: Visit, wish: str) -> None:
    await visit.go("/regles/simulateur")
    await visit.page.get_by_label("En quelques mots").fill(wish)
    await visit.page.get_by_label("En quelques mots").press("Enter")
