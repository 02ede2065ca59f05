"""Essayer, on a real service: in text and by voice from the browser, on a copy of the agenda that then disappears."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.desk.visit import needs_a_browser
from tests.e2e.people import People
from tests.e2e.running import RunningService

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

MARKUP = '<img src=x onerror="alert(1)">'

SOUND = """async () => {
  const report = await peer.getStats();
  const found = {};
  for (const part of report.values()) {
    if (part.type === "inbound-rtp") found.heard = part.totalAudioEnergy;
    if (part.type === "media-source") found.said = part.totalAudioEnergy;
    if (part.type === "outbound-rtp") found.sent = part.packetsSent;
  }
  return found.heard > 0.001 && found.said > 0.001 && found.sent > 50;
}"""
"""Whether the assistant's voice was heard and the microphone's was sent."""


MUTED = """(() => {
  const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await given(wanted);
    stream.getTracks().forEach((track) => { track.enabled = false; });
    return stream;
  };
})()"""
"""A microphone that is off until it is switched on: words between two keys would answer what the second is for."""


async def say(page: Page, text: str, asks: str) -> None:
    """Type one answer and wait for the next question."""
    await page.locator("#text").fill(text)
    await page.get_by_role("button", name="Dire").click()
    await expect(page.locator("label[for=text]")).to_contain_text(asks)


async def test_a_chat_books_into_the_copy_only_and_what_is_typed_stays_text(
    people: People, desk_service: RunningService
) -> None:
    before = desk_service.appointments("--all")
    async with people.at_the_desk("practitioner") as visit:
        page = visit.page
        await visit.go("/essayer")
        await page.get_by_role("button", name="Commencer").click()
        await expect(page.locator(".talk .said")).to_contain_text("assistant automatique")
        await say(page, f"{MARKUP} je voudrais une consultation", "s'il est déjà venu")
        await expect(page.locator(".talk .heard").first).to_contain_text(MARKUP)
        assert await page.locator(".talk img").count() == 0
        await say(page, "non", "quand il souhaite venir")
        await say(page, "lundi 4 janvier au matin", "lequel de ces créneaux")
        copy = page.locator("section[aria-labelledby=copy-title]")
        await say(page, "le premier", "le nom de naissance")
        await expect(copy).to_contain_text("gardé le temps de l'appel")
        await say(page, "Testelin", "le prénom")
        await say(page, "Solange", "la date de naissance")
        await say(page, "le 3 mai 1950", "confirmer")
        await say(page, "oui", "l'objet de l'appel")
        await expect(copy).to_contain_text("réservé")
        await expect(copy).to_contain_text("Solange Testelin")
        await page.get_by_role("button", name="Terminer l'essai").click()
        await expect(page.locator("#toast")).to_contain_text("sa copie de l'agenda est jetée")
    assert [row for row in desk_service.appointments("--all") if row not in before] == []
    assert not list(desk_service.data.glob("essai-*"))


async def test_a_call_from_the_browser_is_spoken_both_ways_and_books_into_the_copy_only(
    people: People, desk_service: RunningService
) -> None:
    before = desk_service.appointments("--all")
    async with people.at_the_desk("practitioner") as visit:
        page = visit.page
        await page.add_init_script(MUTED)
        await visit.go("/essayer")
        await page.get_by_role("button", name="Appeler l'assistant").click()
        await expect(page.locator("#state")).to_have_text("En ligne")
        for key in "1121#1":  # book, a consultation, the first time, the soonest, the first of those offered
            await page.get_by_role("group", name="Clavier").get_by_role("button", name=key, exact=True).click()
        other = await page.context.new_page()
        await other.goto(visit.address + "/essayer")
        await expect(other.locator("section[aria-labelledby=copy-title]")).to_contain_text("gardé le temps de l'appel")
        await other.close()
        await page.evaluate("microphone.getTracks().forEach((track) => { track.enabled = true; })")
        await page.wait_for_function(SOUND)
        await page.get_by_role("button", name="Raccrocher").click()
        await expect(page.locator("#state")).to_have_text("Appel terminé.")
        await page.reload()
        await page.get_by_role("button", name="Terminer l'essai").click()
        await expect(page.locator("#toast")).to_contain_text("jetée")
    assert [row for row in desk_service.appointments("--all") if row not in before] == []
