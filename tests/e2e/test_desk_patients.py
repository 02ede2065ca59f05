"""Patients, on a service with real calls: birth date first, homonyms, INS, copy, erasure, two files joined, parted."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Page, expect

from tests.desk.visit import needs_a_browser
from tests.e2e.patients import WebCaller
from tests.e2e.people import People
from tests.e2e.running import RunningService

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]


async def search(page: Page, born: str = "", name: str = "") -> None:
    await page.get_by_label("Date de naissance").fill(born)
    await page.get_by_label("Nom, prénom").fill(name)
    await page.get_by_role("button", name="Chercher").click()


async def test_a_birth_date_finds_homonyms_shown_as_such(people: People) -> None:
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/patients")
        await expect(page.locator(":focus")).to_have_attribute("id", "born")
        await search(page, "12/03/1978")
        found = page.get_by_role("region", name="Résultats").locator("li", has_text="Laurent Jeanne")
        await expect(found).to_have_count(2)
        for one in await found.all():
            await expect(one.get_by_text("homonyme", exact=True)).to_be_visible()
        assert "1978" not in page.url, "nothing that was searched for stands in the address"
        await search(page, "31/02/1978")
        await expect(page.locator("#d-born")).to_be_visible()
        visit.expected("422", "400")


async def test_a_file_made_by_a_call_is_completed_with_its_ins_copied_and_erased(
    people: People, desk_service: RunningService
) -> None:
    async with WebCaller(desk_service) as call:
        await call.book(when="17122026", birth_date="24051961", phone="0655443322")
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/patients")
        await search(page, "24/05/1961")
        await page.get_by_role("link", name="À préciser").click()
        await expect(page.get_by_text("par un appel")).to_be_visible()
        await page.get_by_role("link", name="Modifier").click()
        await page.get_by_label("Nom de naissance").fill("Testier")
        await page.get_by_label("Premier prénom").fill("Odile")
        await page.get_by_label("Numéro INS").fill("261053417200123")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("alert").first).to_be_visible()  # its key is wrong
        visit.expected("409", "422", "400")
        await expect(page.get_by_label("Numéro INS")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("Numéro INS").fill("")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("heading", name="Testier Odile")).to_be_visible()

        async with page.expect_download() as downloading:
            await page.get_by_role("button", name="Copie pour un logiciel").click()
        copied = await downloading.value
        assert "estier" not in copied.suggested_filename
        copy = json.loads(await asyncio.to_thread((await copied.path()).read_text))
        assert "Testier" in json.dumps(copy, ensure_ascii=False)

        await page.get_by_role("link", name="Effacer ses données…").click()
        await expect(page.get_by_text("1 rendez-vous à venir")).to_be_visible()
        await page.get_by_role("link", name="Revenir").click()
        await page.locator("a.line").first.click()
        await page.get_by_role("button", name="Annuler le rendez-vous").click()
        await expect(page.locator("#toast")).to_contain_text("annulé")
        await visit.go("/patients")
        await search(page, "24/05/1961")
        await page.get_by_role("link", name="Testier").click()
        await page.get_by_role("link", name="Effacer ses données…").click()
        await page.get_by_label("Date de naissance").fill("24/05/1962")
        await page.get_by_role("button", name="Effacer pour de bon").click()
        await expect(page.get_by_role("alert")).to_contain_text("pas la date de naissance")
        visit.expected("409")
        await page.get_by_label("Date de naissance").fill("24/05/1961")
        await page.get_by_role("button", name="Effacer pour de bon").click()
        await expect(page.locator("#toast")).to_contain_text("Numéro de l'attestation")
        await search(page, "24/05/1961")
        await expect(page.get_by_text("Personne ne correspond")).to_be_visible()
    assert "Testier" not in json.dumps(desk_service.appointments("--all"), ensure_ascii=False)


async def test_an_ins_is_written_with_its_key_and_two_files_are_joined_and_parted(people: People) -> None:
    async with people.at_the_desk("secretary") as visit:
        page = visit.page
        await visit.go("/patients/nouveau")
        await page.get_by_label("Date de naissance").fill("02/11/1958")
        await page.get_by_label("Nom de naissance").fill("Vaseur")
        await page.get_by_label("Premier prénom").fill("Antoine")
        await page.get_by_role("button", name="Enregistrer").click()
        await expect(page.get_by_role("heading", name="Vaseur Antoine")).to_be_visible()
        await visit.go("/patients")
        await search(page, "02/11/1958", "Vasseur")
        await page.get_by_role("link", name="Vasseur Antoine").first.click()
        await expect(page.locator("dl.facts")).to_contain_text("158113417204585")
        doubles = page.locator("section[aria-labelledby=doubles]")
        await expect(doubles).to_contain_text("Vaseur Antoine")
        await doubles.get_by_role("button", name="Réunir à celle-ci").click()
        await expect(doubles).to_contain_text("Réunie avec une autre fiche")
        await expect(doubles.get_by_role("link", name="Vaseur Antoine")).to_have_count(0)
        await page.locator("#toast").get_by_role("button", name="Annuler").click()
        await expect(doubles.get_by_role("link", name="Vaseur Antoine")).to_be_visible()
