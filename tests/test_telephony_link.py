"""The parent's end of the control connection: whom a call can be passed to, and what telephony tells of it."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.errors import UnavailableError
from voicebot.practice import Practice, load_practice
from voicebot.practice.schema import Registration
from voicebot.processes.telephony_sip import registration_settings
from voicebot.telephony_link import TelephonyLink, can_ring, telephony_settings
from voicebot.wire import read_event, write_event

TRUNK = Registration("sip.trunk.example", "cabinet", Path("password"), 300)


@pytest.fixture(scope="module")
def practice() -> Practice:
    return load_practice(SAMPLE_PRACTICE)


def with_secretary(practice: Practice, number: str | None, registration: Registration | None = None) -> Practice:
    return replace(
        practice,
        transfer=replace(practice.transfer, secretary=number),
        sip=replace(practice.sip, registration=registration),
    )


@pytest.mark.parametrize(
    ("number", "registration", "kind", "rings"),
    [
        ("+33465710011", None, "sip", True),  # the trunk that the call came from takes it
        ("+33465710011", None, "webrtc", False),
        ("+33465710011", TRUNK, "webrtc", True),
        ("sip:accueil@192.0.2.7", None, "webrtc", True),
        (None, TRUNK, "sip", False),
    ],
)
def test_nobody_is_promised_whom_no_way_leads_to(
    practice: Practice, number: str | None, registration: Registration | None, kind: str, rings: bool
) -> None:
    assert can_ring(with_secretary(practice, number, registration), "secretary", kind) is rings


def test_the_account_of_the_file_is_the_one_that_registers(tmp_path: Path) -> None:
    text = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")
    text += (
        '\n[sip.registration]\nregistrar = "sip.trunk.example"\nusername = "cabinet"\npassword_file = "password"\n'
        'transport = "TLS"\nca_file = "ca.pem"\n'
    )
    (tmp_path / "practice.toml").write_text(text, encoding="utf-8")
    (tmp_path / "password").write_text("very secret\n", encoding="utf-8")
    with socket.socket() as one, socket.socket() as other:
        settings = telephony_settings(load_practice(tmp_path), 3, "/speech", (one, other))
    assert settings.registration is not None
    given = registration_settings(settings.registration)
    assert (given.registrar, given.port, given.transport) == ("sip.trunk.example", None, "TLS")
    assert (given.credentials.password, given.ca_file) == ("very secret", str(tmp_path / "ca.pem"))


class Heard:
    """What the link told."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()
        self.link = TelephonyLink(
            on_registration=lambda state: None,
            on_transfer=lambda *told: self.events.put_nowait(told),
            on_refused=lambda code: self.events.put_nowait((code,)),
        )

    async def next(self) -> tuple[object, ...]:
        return await asyncio.wait_for(self.events.get(), 30)


async def test_a_contact_goes_out_by_name_and_what_comes_of_it_comes_back(practice: Practice) -> None:
    ours, theirs = socket.socketpair()
    heard = Heard()
    await heard.link.attach(ours)
    reader, writer = await asyncio.open_connection(sock=theirs)

    async def sent() -> tuple[str, dict[str, Any]]:
        event = await asyncio.wait_for(read_event(reader), 30)
        assert event is not None
        return event.type, event.data

    heard.link.ring("c1", "secretary")
    assert await sent() == ("transfer", {"call": "c1", "contact": "secretary"})
    heard.link.tell_contacts(practice.transfer)
    kind, data = await sent()
    assert kind == "contacts"
    assert data == {
        "numbers": {"secretary": "+33465710011", "on_call": "+33465710012"},
        "ring_seconds": 25,
        "refer": True,
        "accept_key": None,
        "overflow": "secretary",
    }
    write_event(writer, "transfer", {"call": "c1", "state": "failed", "reason": "busy", "code": 486})
    assert await heard.next() == ("c1", "failed", "busy", 486)
    write_event(writer, "transfer", {"call": "c1", "state": "answered", "reason": None, "code": None})
    assert await heard.next() == ("c1", "answered", None, None)
    write_event(writer, "refused", {"code": 302})
    assert await heard.next() == (302,)
    heard.link.limit(3)
    assert await sent() == ("limit", {"calls": 3})
    heard.link.detach()
    writer.close()
    with pytest.raises(UnavailableError):
        heard.link.ring("c1", "secretary")


async def test_a_telephony_that_was_restarted_is_told_the_limit_again() -> None:
    heard = Heard()
    heard.link.limit(3)
    ours, theirs = socket.socketpair()
    await heard.link.attach(ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    event = await asyncio.wait_for(read_event(reader), 30)
    assert event is not None
    assert (event.type, event.data) == ("limit", {"calls": 3})
    heard.link.detach()
    writer.close()
