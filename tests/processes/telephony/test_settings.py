"""What the parent tells the telephony process survives its trip through stdin, and a mistake names its key."""

from __future__ import annotations

import json

import pytest

from voicebot.errors import ConfigurationError
from voicebot.processes.telephony import Contacts, Registration, Settings
from voicebot.processes.telephony_sip import registration_settings

FULL = Settings(
    control_fd=5,
    speech="/run/voicebot/speech.sock",
    sip_udp_fd=6,
    sip_tcp_fd=7,
    allowed=("192.0.2.0/24", "2001:db8::/32"),
    max_calls=4,
    registration=Registration("sip.operateur.example:5070", "0123", "very secret", "tls", ca_file="/etc/ca.pem"),
    contacts=Contacts(
        {"secretary": "+33465710011"}, ring_seconds=20, refer=False, accept_key="1", overflow="secretary"
    ),
    rtp_ports=(30000, 30100),
    web_addresses=("192.0.2.1",),
    user_agent="voicebot",
    srtp_required=True,
)


@pytest.mark.parametrize("settings", [FULL, Settings(control_fd=3, speech="s")], ids=["full", "least"])
def test_settings_survive_the_trip(settings: Settings) -> None:
    assert Settings.parse(json.dumps(settings.to_json())) == settings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("control_fd", "5"),
        ("control_fd", None),
        ("speech", 5),
        ("sip_udp_fd", "x"),
        ("allowed", "192.0.2.0/24"),
        ("allowed", [1]),
        ("max_calls", None),
        ("rtp_ports", [30000]),
        ("rtp_ports", [30000, 20000]),
        ("rtp_ports", [1, 20000]),
        ("srtp_required", "required"),
        ("srtp_required", None),
        ("registration", []),
        ("registration", {"user": "x"}),
        ("registration", {"registrar": "r", "user": "u", "secret": 5}),
        ("contacts", []),
        ("contacts", {"numbers": {"secretary": 5}}),
        ("contacts", {"ring_seconds": 0}),
        ("contacts", {"refer": "yes"}),
        ("contacts", {"accept_key": 1}),
        ("contacts", {"overflow": 1}),
        ("unheard_of", 1),
    ],
)
def test_a_mistake_names_its_key_and_shows_no_secret(key: str, value: object) -> None:
    data = {**json.loads(json.dumps(FULL.to_json())), key: value}
    with pytest.raises(ConfigurationError, match=key) as caught:
        Settings.parse(json.dumps(data))
    assert "secret" not in str(caught.value).replace("registrar, user and secret", "")


@pytest.mark.parametrize("line", ["", "null", "[]", "{", '{"speech": "s"}', '{"control_fd": 3}'])
def test_a_line_that_is_no_settings_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError):
        Settings.parse(line)


def test_a_password_never_shows() -> None:
    assert "very secret" not in repr(FULL)
    assert "465710011" not in repr(FULL)
    assert "very secret" not in repr(registration_settings(Registration("r.example", "u", "very secret")))


@pytest.mark.parametrize(
    ("registrar", "host", "port"),
    [
        ("sip.example", "sip.example", None),
        ("sip:sip.example:5070", "sip.example", 5070),
        ("192.0.2.7:5062", "192.0.2.7", 5062),
        ("[2001:db8::1]:5062", "[2001:db8::1]", 5062),
        ("[2001:db8::1]", "[2001:db8::1]", None),
    ],
)
def test_a_registrar_may_carry_its_port(registrar: str, host: str, port: int | None) -> None:
    settings = registration_settings(Registration(registrar, "u", "s"))
    assert (settings.registrar, settings.port) == (host, port)


@pytest.mark.parametrize("registrar", ["sip.example:x", "sip.example:0", "sip.example:99999", ""])
def test_an_impossible_registrar_is_refused(registrar: str) -> None:
    with pytest.raises(ConfigurationError):
        registration_settings(Registration(registrar, "u", "s"))
