"""Comptes, on a real service: the first run once, roles, the second code, the pause after wrong guesses."""

from __future__ import annotations

import time

import httpx
import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.desk.visit import Visit, needs_a_browser
from tests.e2e.people import LABELS, People

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session"), needs_a_browser]

REACHED = {
    "secretary": ("Maintenant", "À relire", "À faire", "Agenda", "Patients", "Règles", "Essayer", "Tableau de bord"),
    "auditor": ("Tableau de bord", "Accès"),
}


async def make(visit: Visit, name: str, login: str, role: str = "secretary") -> str:
    """A new account; its first password, which is shown once."""
    page = visit.page
    await visit.go("/comptes")
    form = page.locator('form[action="/comptes"]')
    await form.get_by_label("Nom", exact=True).fill(name)
    await form.get_by_label("Identifiant").fill(login)
    for label in LABELS.values():
        await form.get_by_role("checkbox", name=label).set_checked(label == LABELS[role])
    await form.get_by_role("button", name="Créer le compte").click()
    password = (
        await page.get_by_role("status")
        .filter(has_text="Il ne sera plus affiché")
        .locator("strong.nowrap")
        .inner_text()
    )
    await visit.go("/comptes")  # it is shown no more
    await expect(page.get_by_text(password)).to_have_count(0)
    return password


async def enter(page: Page, login: str, password: str) -> None:
    await page.get_by_label("Identifiant").fill(login)
    await page.get_by_label("Mot de passe").fill(password)
    await page.get_by_role("button", name="Entrer").click()


async def test_the_terminals_code_serves_once_and_strangers_see_the_login_only(people: People) -> None:
    async with people.at_the_desk(None) as visit:
        page = visit.page
        for path in ("/", "/setup", "/relire", "/agenda", "/patients", "/tableau", "/comptes"):
            await visit.go(path)
            await expect(page.get_by_role("button", name="Entrer")).to_be_visible()
            assert page.url.endswith("/login")
    async with httpx.AsyncClient(trust_env=False, base_url=visit.address, timeout=60) as stranger:
        again = {"code": people.first_code, "name": "X", "login": "x", "password": "une autre phrase longue"}
        assert (await stranger.post("/setup", data=again)).headers["location"] == "/login"
        for path in ("/maintenant/flux", "/agenda/lignes", "/agenda/flux", "/static/../comptes"):
            assert (await stranger.get(path, headers={"sec-fetch-mode": "cors"})).status_code in (401, 404)
        forged = {"sec-fetch-site": "cross-site"}
        assert (await stranger.post("/login", data={"login": "anne"}, headers=forged)).status_code == 403


@pytest.mark.parametrize("role", list(REACHED))
async def test_a_role_sees_its_own_pages_and_is_refused_the_others(people: People, role: str) -> None:
    async with people.at_the_desk(role) as visit:
        page = visit.page
        await visit.go("/tableau")
        entries = page.get_by_role("navigation", name="Pages").get_by_role("link")
        names = await entries.locator(":scope > span:not(.count)").all_inner_texts()
        assert tuple(names) == REACHED[role]
        await visit.go("/comptes")
        await expect(page.get_by_role("heading", name="Accès réservé")).to_be_visible()
        visit.expected("403")


async def test_a_second_code_is_turned_on_and_asked_for_and_each_serves_once(people: People) -> None:
    async with people.at_the_desk() as visit:
        password = await make(visit, "Farid Attal", "farid")
    async with people.at_the_desk(None) as visit:
        page = visit.page
        await visit.go("/login")
        await enter(page, "farid", password)
        await visit.go("/compte")
        secret = await page.locator("code").first.inner_text()
        now = time.time()
        await page.get_by_label("Code affiché").fill(pyotp.TOTP(secret).at(now))
        await page.get_by_role("button", name="Activer").click()
        await expect(page.get_by_text("activé", exact=True)).to_be_visible()
        cookie = next(one for one in await page.context.cookies() if one["name"] == "session")
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        await page.get_by_role("button", name="Quitter").click()
        await enter(page, "farid", password)
        await page.get_by_label("Code à 6 chiffres").fill("000000")
        await page.get_by_role("button", name="Entrer").click()
        await expect(page.get_by_role("alert")).to_contain_text("Ce code n'est pas le bon")
        await page.get_by_label("Code à 6 chiffres").fill(pyotp.TOTP(secret).at(now))
        await page.get_by_role("button", name="Entrer").click()
        await expect(page.get_by_role("alert")).to_contain_text("Ce code n'est pas le bon")
        visit.expected("403")
        # The next one is that of the next half minute, which may be typed ahead.
        await page.get_by_label("Code à 6 chiffres").fill(pyotp.TOTP(secret).at(now + 30))
        await page.get_by_role("button", name="Entrer").click()
        await expect(page.get_by_role("heading", name="Maintenant")).to_be_visible()


async def test_wrong_guesses_make_a_pause_even_for_the_right_password(people: People) -> None:
    async with people.at_the_desk() as visit:
        password = await make(visit, "Gisèle Ney", "gisele")
    async with people.at_the_desk(None) as visit:
        page = visit.page
        await visit.go("/login")
        for _ in range(20):
            await enter(page, "gisele", "pas la bonne phrase")
            await expect(page.get_by_role("alert")).to_be_visible()
            if "Trop d'essais" in await page.get_by_role("alert").inner_text():
                break
        await enter(page, "gisele", password)
        await expect(page.get_by_role("alert")).to_contain_text("Trop d'essais")
        visit.expected("403")
    async with people.at_the_desk() as visit:
        await visit.go("/acces?quoi=account")
        await expect(visit.page.locator("tbody")).to_contain_text("Anne Roche")
