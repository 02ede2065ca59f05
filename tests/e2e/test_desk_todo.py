"""À faire, on a service with real calls: call-backs, identities to settle, freed slots for those who wait."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.visit import needs_a_browser
from tests.e2e.patients import Dictated, WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService
from tests.e2e.walks import book

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]


async def test_a_call_back_that_was_promised_gets_an_owner_and_a_deadline_and_is_done(
    people: People, desk_service: RunningService
) -> None:
    async with WebCaller(desk_service) as call:
        await call.asked("open")
        await call.press("0")
        await call.asked("callback")
        await call.press("1")
        await call.asked("phone")
        await call.press("0698765432")
        await call.asked("open")
        await call.hang_up()
        await call.wait("callback")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/a-faire")
        row = page.locator("li.todo", has_text="06 98 76 54 32")
        await expect(row).to_contain_text("Veut parler à quelqu'un")
        await expect(row).to_contain_text("rappel promis")
        await expect(row).to_contain_text("avant lundi 23 novembre soir")
        await expect(row).to_contain_text("à personne")
        await row.get_by_role("button", name="Je m'en occupe").click()
        await expect(row).to_contain_text("à vous")
        await row.get_by_text("Délai, personne, note").click()
        await row.get_by_label("Avant le").fill("2026-11-25")
        await row.get_by_label("Qui").select_option(label="Docteur Benali")
        await row.get_by_label("Note").fill("rappeler après 17 h")
        await row.get_by_role("button", name="Enregistrer").click()
        await expect(row).to_contain_text("avant mercredi 25 novembre soir")
        await expect(row).to_contain_text("Docteur Benali")
        await expect(row).to_contain_text("rappeler après 17 h")
        await row.get_by_role("button", name="Fait").click()
        await expect(page.locator("#toast")).to_contain_text("C'est fait.")
        await expect(row).to_have_count(0)
        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(row).to_be_visible()
        await row.get_by_role("button", name="Fait").click()
        await page.get_by_role("link", name="Faits").click()
        await expect(row).to_contain_text("fait le")
        await row.get_by_role("link", name="l'appel de").click()
        await expect(page.get_by_role("heading", name="Appel de")).to_be_visible()
    assert "0698765432" not in str(desk_service.appointments("--all")), "what is to do is no appointment"
    assert "+33698765432" not in str(desk_service.appointments("--all"))


async def test_a_patient_who_may_be_someone_known_is_shown_until_the_two_are_joined(
    people: People, desk_service: RunningService
) -> None:
    async with Dictated(desk_service) as call:
        await call.book(
            open="je voudrais un rendez-vous pour une consultation",
            known="non c'est la première fois",
            when="07122026",
            birth_name="Delmasse",
            first_name="Rose",
            birth_date="01092019",
            confirm="oui",
        )
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/a-faire")
        pair = page.locator("section[aria-labelledby=pairs-title] li", has_text="Delmasse")
        await expect(pair).to_contain_text("nom proche")
        await expect(pair).to_contain_text("Rose Delmas")
        await pair.get_by_role("link", name="La même : réunir").click()
        await page.get_by_role("button", name="Réunir à celle-ci").click()
        await expect(page.locator("#toast")).to_be_visible()
        await visit.go("/a-faire")
        await expect(pair).to_have_count(0)


async def test_a_slot_that_is_freed_is_offered_to_who_waits_and_booked_in_one_click(
    people: People, desk_service: RunningService
) -> None:
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        freed = await book(visit, "25/08/2015", "2026-12-03T11:00")
        async with Dictated(desk_service) as call:
            await call.asked("open")
            await call.say("je voudrais une consultation avec le docteur Benali jeudi 3 décembre au matin")
            await call.asked("known")
            await call.say("oui je suis déjà venu")
            await call.asked("choice")
            await call.say("aucun ne me convient, mettez-moi sur la liste d'attente")
            await call.go_on(
                "open",
                birth_name="Vasseur",
                first_name="Antoine",
                birth_date="02111958",
                phone="0639980102",
                confirm="oui",
            )
        await visit.go(freed)
        await page.get_by_role("button", name="Annuler le rendez-vous").click()
        await expect(page.locator("#toast")).to_contain_text("annulé")
        await visit.go("/a-faire")
        offer = page.locator("section[aria-labelledby=offers-title] article", has_text="Antoine Vasseur")
        await expect(offer).to_contain_text("Jeudi 3 décembre, 11:00")
        await offer.get_by_role("button", name="Réserver").click()
        await expect(page.locator("#toast")).to_contain_text("Rendez-vous pris : 03/12 à 11:00.")
        await expect(offer).to_have_count(0)
        await visit.go("/agenda?jour=2026-12-03")
        await expect(page.locator("#calendar a.rdv", has_text="Vasseur")).to_contain_text("11:00")
