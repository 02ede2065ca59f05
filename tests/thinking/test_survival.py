"""A call while the real Rasa process is killed, stopped, or comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.thinking.callers import Cabinet
from voicebot.children import Spawn
from voicebot.errors import UnavailableError
from voicebot.ports import Reply, Understander
from voicebot.processes import rasa
from voicebot.processes.rasa_service import RasaService
from voicebot.thinking.conversation import Conversation
from voicebot.thinking.rasa import RasaUnderstander

pytestmark = pytest.mark.timeout(300)

ONLY_RASA = "ce serait pour que quelqu'un regarde ma fille"
"""A wish to book that no list of words holds."""

PATIENT = 240.0
"""Longer than anything here takes, s: a bound for a machine that is busy, not a measure."""


@pytest.fixture(autouse=True)
def _installed() -> None:
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed: run `make install`")


@asynccontextmanager
async def _running(service: RasaService) -> AsyncIterator[RasaService]:
    await service.child.start()
    try:
        yield service
    finally:
        await service.child.stop()
        await service.close()


@asynccontextmanager
async def _supervised(service: RasaService) -> AsyncIterator[None]:
    watching = asyncio.create_task(service.child.supervise())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _signal(service: RasaService, what: signal.Signals) -> None:
    assert service.child.pid is not None
    os.kill(service.child.pid, what)


async def _back(service: Understander) -> None:
    """Return once Rasa answers."""
    async with asyncio.timeout(PATIENT):
        while True:
            try:
                await service.understand("oui", asks="confirm", conversation="probe")
            except UnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


async def _opened(cabinet: Cabinet, *said: str) -> tuple[Conversation, Reply]:
    call = cabinet.call(caller="+33612345678")
    reply = await call.greet()
    for text in said:
        reply = await call.hear(text)
    return call, reply


async def test_a_call_outlives_rasa_and_is_whole_again_when_it_is_back(cabinet: Cabinet) -> None:
    async with _running(RasaService()) as service:
        cabinet.understander = service
        call, reply = await _opened(cabinet, ONLY_RASA)
        assert reply.asks != "open"
        before = reply.asks
        call, reply = await _opened(cabinet, "je voudrais un rendez-vous pour une consultation")
        assert reply.asks == "known"

        _signal(service, signal.SIGKILL)
        # Yes and no, times, a choice and keys go on in the same call.
        reply = await call.hear("non c'est la première fois")
        assert reply.asks == "when"
        reply = await call.hear("mardi matin")
        assert reply.asks == "choice"
        assert {start.isoweekday() for start in reply.offers} == {2}
        assert (await call.key("1")).asks == "birth_name"
        # So do the signs of an emergency and the way to a person.
        _, reply = await _opened(cabinet, "mon mari ne respire plus")
        assert reply.outcome == "emergency"
        _, reply = await _opened(cabinet, "la secrétaire")
        assert reply.outcome == "transferred" or reply.asks == "callback"
        # The rest comes by a spoken menu.
        other, reply = await _opened(cabinet, ONLY_RASA, "enfin vous voyez")
        assert "sur le clavier : 1 pour prendre rendez-vous" in reply.say
        assert (await other.key("1")).asks == "motive"

        async with _supervised(service):
            await _back(service)
            _, reply = await _opened(cabinet, ONLY_RASA)
            assert reply.asks == before
            for text in ("durand", "martin", "12 mars 1978"):
                reply = await call.hear(text)
            while reply.asks in ("phone", "confirm"):
                reply = await call.hear("oui" if reply.asks == "confirm" else "06 12 34 56 78")
            assert reply.appointment is not None
        await call.hang_up()


async def test_rasa_that_stalls_is_waited_for_and_then_answers(cabinet: Cabinet) -> None:
    async with _running(RasaService(timeout=PATIENT)) as service:
        cabinet.understander = service
        call, _ = await _opened(cabinet)
        _signal(service, signal.SIGSTOP)
        turn = asyncio.create_task(call.hear(ONLY_RASA))
        done, _pending = await asyncio.wait({turn}, timeout=0.2)
        assert not done
        _signal(service, signal.SIGCONT)
        assert (await turn).asks != "open"
        await call.hang_up()


async def test_rasa_that_hangs_costs_one_turn_its_wait_and_is_started_again(cabinet: Cabinet) -> None:
    async with _running(RasaService(timeout=0.5, hung=0.5)) as service, _supervised(service):
        cabinet.understander = service
        call, _ = await _opened(cabinet, "je voudrais un rendez-vous pour une consultation")
        hung = service.child.pid
        _signal(service, signal.SIGSTOP)
        assert (await call.hear("non c'est la première fois")).asks == "when"
        assert (await call.hear("mardi matin")).asks == "choice"
        await _back(service)
        assert service.child.pid != hung
        await call.hang_up()


async def test_two_instances_never_answer_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    doors: list[tuple[int, str]] = []
    spawn = rasa.spawn

    def seen(model: Path, door: socket.socket, secret: str) -> Spawn:
        doors.append((door.getsockname()[1], secret))
        return spawn(model, door, secret)

    monkeypatch.setattr(rasa, "spawn", seen)
    async with _running(RasaService()) as one, _running(RasaService()) as other:
        (_, secret), (port, _) = doors
        stranger = RasaUnderstander(port=port, secret=secret)
        with pytest.raises(UnavailableError, match="403"):
            await stranger.understand("oui", asks="confirm", conversation="same")
        await stranger.close()
        for service in (one, other):
            assert (await service.understand("oui", asks="confirm", conversation="same")).intent == "affirm"
