"""Maintenant, on a service with real calls: read live, guided, taken over in the browser and by the telephone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.desk.visit import needs_a_browser
from tests.e2e.patients import Dictated, WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService
from tests.processes.telephony.baresip import Baresip as Telephone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


DONE = re.compile("c'est (en vigueur|enregistré)")


async def test_a_call_from_a_browser_is_read_live_on_both_sides_and_taken_over_in_another(people: People) -> None:
    async with people.on_the_phone() as patient, people.at_the_desk() as secretary:
        desk = secretary.page
        await secretary.go("/")
        await patient.go("/")
        await patient.page.get_by_role("button", name="Appeler").click()
        await expect(patient.page.locator("#state")).to_have_text("En ligne")
        await desk.locator("#calls a.line", has_text="navigateur").first.click()
        await expect(desk.locator(".talk .said").first).to_contain_text("assistant automatique")
        await expect(desk.locator(".talk .heard").first).to_be_visible()
        await expect(desk.locator("#call-state")).to_contain_text("L'assistant demande")

        await desk.get_by_role("button", name="Prendre ici, au casque").click()
        await expect(desk.locator("#call-state .badge")).to_have_text("Transféré")
        await expect(desk.locator("#state")).to_have_text("En ligne")
        await expect(patient.page.locator("#state")).to_have_text("En ligne")
        await desk.get_by_role("button", name="Raccrocher").click()
        await expect(patient.page.locator("#state")).to_have_text("Appel terminé.")
        await desk.get_by_role("link", name="Le relire").click()
        await expect(desk.get_by_role("heading", name=re.compile("^Appel de "))).to_be_visible()
        await expect(desk.locator("table.turns")).to_contain_text("assistant automatique")


async def test_an_instruction_reaches_the_caller_at_his_next_turn_and_markup_in_words_stays_inert(
    people: People, desk_service: RunningService
) -> None:
    async with people.at_the_desk("secretary") as secretary, Dictated(desk_service) as call:
        page = secretary.page
        await call.say("je voudrais un rendez-vous pour une consultation")
        await call.asked("known")
        await secretary.go(f"/?appel={call.id}")
        await page.get_by_label("Consigne à l'assistant").fill("propose jeudi <b>matin</b>")
        await page.get_by_role("button", name="Transmettre").click()
        await expect(page.locator("#toast")).to_contain_text("C'est transmis")
        await expect(page.locator(".talk .note")).to_contain_text("propose jeudi <b>matin</b>")
        await call.say(f"{MARKUP} oui je suis déjà venu")
        await expect(page.locator(".talk .heard", has_text=MARKUP)).to_be_visible()
        offered = await call.asked("choice")
        assert all(offer.startswith("2026-11-26") for offer in offered["offers"]), call.story
        await expect(page.locator(".talk .said").last).to_contain_text("jeudi")
        assert await page.locator(".talk img, .talk script, .talk b").count() == 0
    async with people.at_the_desk("secretary") as secretary:
        await secretary.go(f"/relire/{call.id}")
        turns = secretary.page.locator("table.turns")
        await expect(turns).to_contain_text(MARKUP)
        assert await turns.locator("img, script, b").count() == 0


async def test_a_call_is_taken_over_by_the_telephone_whose_address_the_desk_has_set(
    people: People, desk_service: RunningService, tmp_path: Path
) -> None:
    program = shutil.which("baresip")
    assert program, "baresip is not installed: run scripts/install-peers"
    async with people.at_the_desk() as visit, Telephone(program, tmp_path / "desk", answers="auto") as telephone:
        page = visit.page
        await visit.go("/regles/transfer")
        await page.locator("#f-secretary").fill(telephone.address)
        await page.get_by_role("button", name="Voir l'effet").click()
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.locator("#toast")).to_contain_text(DONE)
        try:
            async with WebCaller(desk_service) as call, call.listening():
                await visit.go(f"/?appel={call.id}")
                await page.get_by_role("button", name="Reprendre au téléphone").click()
                await expect(page.locator("#toast")).to_contain_text("votre téléphone va sonner")
                await telephone.event("CALL_ESTABLISHED", within=60)
                await call.wait("transfer", state="answered")
                await call.wait("outcome", outcome="transferred")
                await expect(page.locator("#call-state .badge")).to_have_text("Transféré")
                await call.hears_a_voice()
        finally:
            await visit.go("/regles/transfer")
            await page.locator("#f-secretary").fill("+33465710011")
            await page.get_by_role("button", name="Voir l'effet").click()
            await page.get_by_role("button", name="Enregistrer").click()
            await expect(page.locator("#toast")).to_contain_text(DONE)
