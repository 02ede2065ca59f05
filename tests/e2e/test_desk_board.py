"""Tableau de bord, on a service with real calls: it counts what has happened, no more and no less."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.desk.visit import Visit, needs_a_browser
from tests.e2e.patients import Dictated, WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

COUNTED = ("Reçus", "Décrochés", "Pris", "Renseigné", "À rappeler", "Urgence", "Sans suite", "Faux")


async def figures(visit: Visit) -> dict[str, int]:
    """The week's Monday, by column; all of them nought while there was no call."""
    page: Page = visit.page
    await visit.go("/tableau")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    if not await page.locator("table.board").count():
        return dict.fromkeys(COUNTED, 0)
    names = await page.locator("table.board thead th").all_inner_texts()
    values = await page.locator("table.board tbody tr").first.locator("th, td").all_inner_texts()
    return {name: int(value) for name, value in zip(names, values, strict=True) if name in COUNTED}


async def test_the_day_counts_each_call_once_by_how_it_ended_and_what_was_found_wrong(
    people: People, desk_service: RunningService
) -> None:
    async with people.at_the_desk() as visit:
        page = visit.page
        before = await figures(visit)
        async with WebCaller(desk_service) as booked:
            await booked.book(when="18122026", birth_date="14071970")
        async with Dictated(desk_service) as informed:
            await informed.asked("open")
            await informed.say("quels sont vos horaires")
            await informed.asked("open")
        async with Dictated(desk_service):
            pass
        async with Dictated(desk_service) as urgent:
            await urgent.asked("open")
            await urgent.say("j'ai très mal dans la poitrine et je n'arrive plus à respirer")
            await urgent.wait("outcome", outcome="emergency")
        await visit.go(f"/relire/{booked.id}")
        await page.get_by_text("C'est faux…").click()
        await page.get_by_role("radio", name="motif", exact=True).check()
        await page.get_by_role("button", name="Noter faux").click()
        await expect(page.locator("#toast")).to_contain_text("Appel noté faux.")
        after = await figures(visit)
        more = {name: after[name] - before[name] for name in COUNTED}
        assert more == {
            **{"Reçus": 4, "Décrochés": 4, "Pris": 1, "Renseigné": 1},
            **{"À rappeler": 0, "Urgence": 1, "Sans suite": 1, "Faux": 1},
        }
        await expect(page.locator("figure.plot svg[role=img]")).to_have_count(2)
        await page.get_by_role("link", name="Huit semaines").click()
        await expect(page.locator("table.board thead th").first).to_have_text("Semaine")
    async with people.at_the_desk("practitioner") as visit:
        page = visit.page
        await visit.go("/tableau/resume")
        await expect(page.get_by_text("Urgence signalée").first).to_be_visible()
        await expect(page.get_by_text("Vendredi 18 décembre")).to_be_visible()
        await page.get_by_role("button", name="J'ai lu").click()
        await expect(page.get_by_text("Rien de nouveau")).to_be_visible()
