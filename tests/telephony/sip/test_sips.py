"""What TLS changes for a call: SIPS where it is asked for, no way back to the open wire (RFC 3261 §26, RFC 5630)."""

from __future__ import annotations

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.registration import RegistrationSettings
from tests.telephony.sip.peer import OFFER, Bench, MemoryFlow, methods, statuses

TRUNK = RegistrationSettings("192.0.2.7", "bot", Credentials("bot", "x"), transport="TLS")


@pytest.fixture
def bench() -> Bench:
    return Bench(transport="TLS")


def test_sips_is_answered_over_tls_only(bench: Bench) -> None:
    uri = "sips:bot@192.0.2.1"
    assert statuses(bench.ask("INVITE", body=OFFER, uri=uri)) == [200]
    assert statuses(Bench(transport="TCP").ask("INVITE", body=OFFER, uri=uri)) == [416]


@pytest.mark.parametrize(
    ("uri", "headers", "contact"),
    [
        ("sip:bot@192.0.2.1", {}, "<sip:voicebot@192.0.2.1:5060;transport=tls>"),
        ("sips:bot@192.0.2.1", {}, "<sips:voicebot@192.0.2.1:5060>"),
        ("sip:bot@192.0.2.1", {"Record-Route": "<sips:192.0.2.7;lr>"}, "<sips:voicebot@192.0.2.1:5060>"),
        ("sip:bot@192.0.2.1", {"Contact": "<sips:c@192.0.2.7>"}, "<sips:voicebot@192.0.2.1:5060>"),
        (
            "sip:bot@192.0.2.1",
            {"Record-Route": "<sip:192.0.2.7;lr>", "Contact": "<sips:c@192.0.2.7>"},
            "<sip:voicebot@192.0.2.1:5060;transport=tls>",
        ),
    ],
)
def test_our_contact_is_sips_where_the_caller_asked_for_it(
    bench: Bench, uri: str, headers: dict[str, str], contact: str
) -> None:
    [ok] = bench.ask("INVITE", body=OFFER, uri=uri, headers=headers)
    assert ok.headers.get("Contact") == contact


@pytest.mark.parametrize("hop", ["sip:192.0.2.8;lr", "sip:192.0.2.8;transport=tcp;lr"])
def test_a_call_that_came_over_tls_is_ended_over_tls(bench: Bench, hop: str) -> None:
    for transport in ("UDP", "TCP"):
        bench.network.known[transport, "192.0.2.8", 5060] = MemoryFlow(transport, ("192.0.2.8", 5060))
    bench.call(Record_Route=f"<{hop}>")
    bench.handler.calls[0].hang_up()
    assert methods(bench.take()) == ["BYE"]


@pytest.mark.parametrize("hop", ["sip:192.0.2.7:5061;transport=tls;lr", "sip:edge.trunk.test;transport=tls;lr"])
def test_a_call_goes_on_over_the_trunks_new_connection_when_the_old_one_broke(hop: str) -> None:
    bench = Bench(transport="TLS", registration=TRUNK)
    bench.network.flow = again = MemoryFlow("TLS", ("192.0.2.7", 5061))
    bench.call(Record_Route=f"<{hop}>")
    bench.flow.closed = True
    bench.core.flow_closed(bench.flow)
    bench.core.start()
    again.sent.clear()
    bench.handler.calls[0].hang_up()
    assert again.sent[0].startswith(b"BYE ")
