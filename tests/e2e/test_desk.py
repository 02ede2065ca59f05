"""The desk on a real service with a real call: seen live in Chromium, taken over there, found again to review."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys

import pytest
from playwright.async_api import async_playwright

from tests.e2e.conftest import RunningService
from voicebot.desk.context import VENDOR

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        CHROMIUM is None or not VENDOR.exists(),
        reason="needs chromium (scripts/install-peers) and the pages' packages from npm (make install-dev)",
    ),
]

A_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own test sound in the place of a person's voice."""


async def test_a_real_call_is_read_live_taken_over_in_the_browser_and_found_again(service: RunningService) -> None:
    log = (service.data.parent / "service.log").read_text()
    code = re.search(r"one-time code.*: (\S+)", log)
    assert code is not None, log
    caller = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voicebot.demo.caller", "--seed", "21", "--url", service.web, "--data"),
        str(service.data),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *A_MICROPHONE])
            page = await browser.new_page()
            page.set_default_timeout(120_000)
            await page.goto(service.desk)
            await page.get_by_label("Code du terminal").fill(code[1])
            await page.get_by_label("Votre nom").fill("Anne Roche")
            await page.get_by_label("Identifiant").fill("anne")
            await page.get_by_label("Mot de passe").fill("une phrase bien à moi")
            await page.get_by_role("button", name="Créer le compte et entrer").click()
            call = page.locator("#calls a.line")
            await call.first.wait_for()
            await call.first.click()
            await page.locator(".talk .said", has_text="assistant automatique").wait_for()
            await page.get_by_role("button", name="Prendre ici, au casque").click()
            # The synthetic patient hangs up as soon as the assistant is gone.
            await page.locator("#call-state .badge", has_text="Transféré").wait_for()
            await page.locator("#state", has_text="Appel terminé").wait_for()
            await page.get_by_role("link", name="Le relire").click()
            await page.get_by_role("heading", name=re.compile("^Appel de ")).wait_for()
            assert "assistant automatique" in await page.locator("table.turns").inner_text()
            await browser.close()
    finally:
        if caller.returncode is None:
            caller.terminate()
        await caller.wait()
