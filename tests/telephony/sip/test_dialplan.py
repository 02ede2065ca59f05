"""Only configured contacts are dialled, and numbers become URIs at the trunk."""

from __future__ import annotations

import pytest

from telephony.sip.dialplan import DialPlan
from telephony.sip.digest import Credentials
from telephony.sip.registration import RegistrationSettings
from tests.telephony.sip.peer import MemoryFlow
from voicebot.errors import ConfigurationError, UnavailableError

TRUNK = RegistrationSettings("sip.trunk.example", "cabinet", Credentials("cabinet", "x"), domain="trunk.example")


def plan(number: str, registration: RegistrationSettings | None = None) -> DialPlan:
    made = DialPlan(registration)
    made.replace({"secretary": number})
    return made


@pytest.mark.parametrize("number", ["+33465710011", "tel:+33465710011", "tel:+33-4-65-71-00-11", "+33 4 65 71 00 11"])
def test_a_number_becomes_the_trunks_uri(number: str) -> None:
    target = plan(number, TRUNK).target("secretary")
    assert target.uri == "sip:+33465710011@trunk.example"
    assert (target.host, target.port, target.transport, target.by_trunk) == ("sip.trunk.example", None, "UDP", True)


def test_a_trunk_may_be_an_ipv6_address() -> None:
    trunk = RegistrationSettings("[2001:db8::1]", "cabinet", Credentials("cabinet", "x"))
    assert plan("+33465710011", trunk).target("secretary").uri == "sip:+33465710011@[2001:db8::1]"


def test_a_national_number_stays_one() -> None:
    assert plan("04 65 71 00 11", TRUNK).target("secretary").uri == "sip:0465710011@trunk.example"


def test_a_sip_uri_is_dialled_as_it_stands() -> None:
    target = plan("sip:accueil@pbx.example:5070;transport=tcp").target("secretary")
    assert target.uri == "sip:accueil@pbx.example:5070;transport=tcp"
    assert (target.host, target.port, target.transport, target.by_trunk) == ("pbx.example", 5070, "TCP", False)


def test_a_sip_uri_at_the_trunk_goes_over_the_registrations_connection() -> None:
    assert plan("sip:12@trunk.example", TRUNK).target("secretary").by_trunk


def test_without_an_account_a_number_goes_back_to_the_trunk_that_the_call_came_from() -> None:
    flow = MemoryFlow(peer=("192.0.2.7", 5080))
    target = plan("+33465710011").target("secretary", beside=flow)
    assert target.uri == "sip:+33465710011@192.0.2.7:5080"
    assert target.flow is flow
    over_tcp = plan("+33465710011").target("secretary", beside=MemoryFlow(transport="TCP", peer=("192.0.2.7", 41234)))
    assert over_tcp.uri == "sip:+33465710011@192.0.2.7"


def test_a_number_without_any_trunk_is_refused() -> None:
    with pytest.raises(UnavailableError, match="trunk"):
        plan("+33465710011").target("secretary")


@pytest.mark.parametrize("asked", ["on_call", "+33899123456", "sip:anyone@evil.example", "", "SECRETARY"])
def test_whatever_is_no_configured_contact_is_refused(asked: str) -> None:
    with pytest.raises(UnavailableError, match="only the contacts"):
        plan("+33465710011", TRUNK).target(asked)


@pytest.mark.parametrize(
    "number",
    [
        "sips:accueil@pbx.example",
        "http://pbx.example",
        "sip:pbx.example",
        "sip:a@pbx.example?Replaces=1",
        "sip:a@pbx.example,sip:b@evil.example",
        "sip:a@pbx.example>\r\nRoute: <sip:evil.example>",
        "+33 abc",
        "tel:évil",
        "",
    ],
)
def test_what_cannot_be_dialled_is_refused_and_changes_nothing(number: str) -> None:
    made = plan("+33465710011", TRUNK)
    with pytest.raises(ConfigurationError, match="secretary") as error:
        made.replace({"secretary": number})
    assert not number or number not in str(error.value)
    assert made.target("secretary").uri == "sip:+33465710011@trunk.example"
