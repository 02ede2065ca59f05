"""Agenda, on a service with real calls: day and week, holds, drag, overbooking, two people at one row, paper."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.desk.visit import drag, needs_a_browser
from tests.e2e.patients import WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService
from tests.e2e.walks import book

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

DAY, IN_SHORT = "2026-12-15", "15/12"
"""A Tuesday."""


async def test_a_slot_that_a_call_holds_is_seen_while_it_is_held_and_becomes_the_booking(
    people: People, desk_service: RunningService
) -> None:
    async with people.at_the_desk("secretary") as visit, WebCaller(desk_service) as call:
        page = visit.page
        await visit.go("/agenda?jour=2026-12-14")
        await expect(page.locator("#calendar .ec-day").first).to_be_visible()
        await call.asked("open")
        await call.press("1")
        await call.go_on("birth_date", when="14122026")
        async with call.listening():
            # The page was open before: what others do appears by itself.
            held = page.locator("#calendar .ec-event.is-held")
            await expect(held).to_contain_text("créneau gardé pendant un appel")
            await held.locator("a.rdv").click()
            await expect(page.get_by_text("Ce créneau est gardé pour un appel en cours.")).to_be_visible()
            await page.go_back()
        await call.press("12031978")
        await call.go_on("confirm")
        await call.press("1")
        await call.wait("committed")
        await expect(page.locator("#calendar .ec-event.is-booked")).to_contain_text("À préciser")
        await expect(page.locator("#calendar .ec-event.is-held")).to_have_count(0)


async def test_a_day_is_worked_in_create_drag_undo_overbook_with_a_reason_cancel_print(people: People) -> None:
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await book(visit, "30/01/1972", f"{DAY}T09:00")
        row = page.locator("#calendar a.rdv", has_text="Morel Fatima")
        await expect(row).to_contain_text("09:00")
        column = await page.locator("#calendar .ec-day").first.bounding_box()
        assert column is not None
        await drag(page, row, 60, right=-column["width"])
        await expect(page.locator("#toast")).to_contain_text(f"Rendez-vous déplacé : {IN_SHORT} à 10:00.")
        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(page.locator("#toast")).to_contain_text(f"{IN_SHORT} à 09:00")
        await expect(row).to_contain_text("09:00")

        # Beside another, which the rules refuse: only with a reason, which stays visible.
        await visit.go("/agenda/nouveau")
        await page.get_by_label("Date de naissance").fill("08/07/1983")
        await page.get_by_role("button", name="Chercher").click()
        await page.get_by_label("Motif").select_option("consultation")
        await page.get_by_label("Avec").select_option("benali")
        await page.get_by_label("Jour et heure").fill(f"{DAY}T09:00")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("alert")).to_contain_text("donnez une raison")
        visit.expected("409")
        await page.get_by_label("Raison du rendez-vous en plus").fill("fièvre depuis trois jours")
        await page.get_by_role("button", name="Enregistrer").click()
        beside = page.locator("#calendar a.rdv", has_text="Diallo")
        await expect(beside).to_contain_text("en plus")
        await beside.click()
        await expect(page.locator("dl.facts")).to_contain_text("fièvre depuis trois jours")

        await page.emulate_media(media="print")
        await page.go_back()
        listed = page.locator("#list")
        await expect(listed).to_be_visible()
        await expect(listed).to_contain_text("Morel Fatima")
        await expect(listed).to_contain_text("Diallo Moussa")
        await expect(page.locator("#calendar")).to_be_hidden()
        assert (await page.pdf()).startswith(b"%PDF")
        await page.emulate_media(media="screen")

        await beside.click()
        await page.get_by_role("button", name="Annuler le rendez-vous").click()
        await expect(page.locator("#toast")).to_contain_text("Rendez-vous annulé")
        await expect(beside).to_have_count(0)
        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(page.locator("#toast")).to_contain_text("Rendez-vous rétabli")


async def test_the_week_of_one_practitioner_shows_who_is_away_and_why(people: People) -> None:
    async with people.at_the_desk("practitioner") as visit:
        page = visit.page
        await visit.go(f"/agenda?jour={DAY}")
        await page.get_by_role("link", name="le docteur Lefèvre").click()
        await page.get_by_role("link", name="Semaine", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Semaine du lundi 14 décembre")
        await expect(page.locator("#calendar .ec-day")).to_have_count(7)
        await expect(page.locator("#calendar")).to_contain_text("mercredi après-midi")
        await page.get_by_role("button", name="En liste").click()
        away = page.locator("#list section, #list > *", has_text=re.compile("Mercredi 16 décembre")).first
        await expect(away).to_contain_text("Mercredi après-midi : le docteur Lefèvre, 14:00 à 18:30")
        await page.get_by_role("button", name="En liste").click()
        await expect(page.locator("#calendar")).to_be_visible()


async def test_two_secretaries_at_one_row_see_each_others_change_and_lose_nothing(people: People) -> None:
    async with people.at_the_desk("secretary") as one, people.at_the_desk("everyone") as two:
        path = await book(one, "09/05/2001", "2026-12-16T10:00")
        await two.go(path)
        row = one.page.locator("#calendar a.rdv", has_text="Lemoine")
        await expect(row).to_contain_text("10:00")
        await drag(one.page, row, 60)
        await expect(one.page.locator("#toast")).to_contain_text("16/12 à 11:00")
        await expect(two.page.locator("#changed")).to_contain_text("vient de changer sur un autre poste")
        await two.page.get_by_label("Jour et heure").fill("2026-12-16T11:30")
        await two.page.get_by_role("button", name="Déplacer").click()
        await expect(two.page.get_by_role("alert")).to_contain_text("Rien n'a été écrasé")
        two.expected("409")
        await two.page.get_by_role("link", name="Voir où il est maintenant").click()
        await expect(two.page.get_by_label("Jour et heure")).to_have_value("2026-12-16T11:30")
        await two.page.get_by_role("button", name="Déplacer").click()
        await expect(two.page.locator("#toast")).to_contain_text("16/12 à 11:30")
        await expect(row).to_contain_text("11:30")
