"""People at the desk of a running service, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, StorageState

from tests.desk.visit import DESKTOP, Visit
from tests.e2e.running import RunningService

PATIENCE_MS = 60_000
"""How long a page may take on a busy machine."""

PASSWORD = "une phrase bien à moi"

NAMES = {"secretary": "Brigitte Morel", "practitioner": "Docteur Benali", "auditor": "Denis Aubry"}
LABELS = {"secretary": "secrétariat", "practitioner": "praticien", "auditor": "contrôle des accès"}


@dataclass
class People:
    """The accounts of one desk: who made the first one, and those made from it."""

    service: RunningService
    browser: Browser
    first_code: str
    signed_in: dict[str, StorageState] = field(default_factory=dict)
    """``everyone`` has every role; the others one each."""

    @asynccontextmanager
    async def at_the_desk(self, who: str | None = "everyone") -> AsyncIterator[Visit]:
        """Someone who has entered, or a stranger (None). What their browser complains of fails the test."""
        async with self._context(self.signed_in[who] if who else None) as visit:
            yield visit
            assert visit.complaints == [], visit.complaints
            assert visit.hosts <= {urlsplit(visit.address).netloc}, visit.hosts

    @asynccontextmanager
    async def on_the_phone(self) -> AsyncIterator[Visit]:
        """A patient on the page that calls the practice; the microphone says the same words over and over."""
        async with self._context(None, self.service.web) as visit:
            yield visit
            assert visit.complaints == [], visit.complaints

    @asynccontextmanager
    async def _context(self, state: StorageState | None, address: str = "") -> AsyncIterator[Visit]:
        context = await self.browser.new_context(
            viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="fr-FR", storage_state=state
        )
        context.set_default_timeout(PATIENCE_MS)
        try:
            yield Visit(await context.new_page(), address or self.service.desk)
        finally:
            await context.close()


async def settle_in(service: RunningService, browser: Browser) -> People:
    """The first run by hand: the administrator with the terminal's code, then an account for each role."""
    found = re.search(r"one-time code.*: (\S+)", (service.data.parent / "service.log").read_text())
    assert found is not None
    people = People(service, browser, found[1])
    async with people._context(None) as visit:
        page = visit.page
        await visit.go("/")
        await page.get_by_label("Code du terminal").fill(people.first_code)
        await page.get_by_label("Votre nom").fill("Anne Roche")
        await page.get_by_label("Identifiant").fill("anne")
        await page.get_by_label("Mot de passe").fill(PASSWORD)
        for role in LABELS.values():
            await page.get_by_role("checkbox", name=role).check()
        await page.get_by_role("button", name="Créer le compte et entrer").click()
        await page.get_by_role("heading", name="Maintenant").wait_for()
        people.signed_in["everyone"] = await page.context.storage_state()
        given: dict[str, str] = {}
        for role, name in NAMES.items():
            await visit.go("/comptes")
            form = page.locator('form[action="/comptes"]')
            await form.get_by_label("Nom", exact=True).fill(name)
            await form.get_by_label("Identifiant").fill(role)
            for label in LABELS.values():
                await form.get_by_role("checkbox", name=label).set_checked(label == LABELS[role])
            await form.get_by_role("button", name="Créer le compte").click()
            given[role] = (
                await page.get_by_role("status")
                .filter(has_text="Il ne sera plus affiché")
                .locator("strong.nowrap")
                .inner_text()
            )
    for role, password in given.items():
        async with people._context(None) as visit:
            await visit.go("/login")
            await visit.page.get_by_label("Identifiant").fill(role)
            await visit.page.get_by_label("Mot de passe").fill(password)
            await visit.page.get_by_role("button", name="Entrer").click()
            await visit.page.get_by_role("button", name="Quitter").wait_for()
            people.signed_in[role] = await visit.page.context.storage_state()
    return people
