"""Ways through the desk that several tests go."""

from __future__ import annotations

from playwright.async_api import expect

from tests.desk.visit import Visit


async def book(
    visit: Visit, born: str, start: str, *, who: str = "benali", motive: str = "consultation", twin: int = 0
) -> str:
    """Make an appointment by the form, for a patient found by birth date; the appointment's path."""
    page = visit.page
    await visit.go("/agenda/nouveau")
    await page.get_by_label("Date de naissance").fill(born)
    await page.get_by_role("button", name="Chercher").click()
    await page.get_by_role("group", name="Qui est-ce ?").get_by_role("radio").nth(twin).check()
    await page.get_by_label("Motif").select_option(motive)
    await page.get_by_label("Avec").select_option(who)
    await page.get_by_label("Jour et heure").fill(start)
    await page.get_by_role("button", name="Enregistrer").click()
    day, time = start[8:10] + "/" + start[5:7], start[11:]
    await expect(page.locator("#toast")).to_contain_text(f"{day} à {time}")
    row = page.locator("#list a.agenda-line", has_text=f"{time}–").first
    path = await row.get_attribute("href")
    assert path is not None
    return path
