"""Read the motives and the settings around the agenda."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from voicebot.practice.reading import Table
from voicebot.practice.schema import Manner, Motive, OutsideHours, Registration, Resource, Retention, Sip, Transfer

DAY = 24 * 60


@dataclass(frozen=True)
class MotiveDefaults:
    """What a motive takes from ``[practice]`` when it says nothing itself."""

    grid: int
    notice: int
    horizon_days: int
    cancel_cutoff: int


def motive(
    id: str,
    table: Table,
    defaults: MotiveDefaults,
    practitioners: Collection[str],
    resources: Mapping[str, Resource],
) -> Motive:
    """Read ``[motives.id]``."""
    duration = table.integer("duration_minutes", None, low=5, high=DAY, step=5)
    patients = cast(Literal["all", "new", "known"], table.choice("patients", "all", ("all", "new", "known")))
    min_age = table.optional_integer("min_age", low=0, high=130)
    max_age = table.optional_integer("max_age", low=0, high=130)
    if min_age is not None and max_age is not None and min_age > max_age:
        table.error("min_age", "ages", low=min_age, high=max_age)
    notice = table.integer("notice_minutes", defaults.notice, low=0, high=365 * DAY)
    horizon = table.integer("horizon_days", defaults.horizon_days, low=1, high=730)
    if notice > horizon * DAY:
        table.error("notice_minutes", "horizon_notice", notice=notice, horizon=horizon)
    own_doctor = table.boolean("own_doctor", False)
    if own_doctor and patients != "known":
        table.error("own_doctor", "own_doctor_new")
    kinds = {resource.kind for resource in resources.values()}
    needs = table.among("needs", (*resources, *sorted(kinds - set(resources))))
    alternatives = tuple(tuple(r.id for r in resources.values() if need in (r.id, r.kind)) for need in needs)
    if len({resource for need in alternatives for resource in need}) < sum(map(len, alternatives)):
        table.error("needs", "needs_overlap")
    result = Motive(
        id=id,
        label=table.text("label", example='"une consultation"'),
        words=table.texts("words"),
        practitioners=table.among("practitioners", practitioners) or tuple(practitioners),
        needs=alternatives,
        duration=duration,
        new_duration=table.integer("new_patient_minutes", duration or 5, low=5, high=DAY, step=5),
        buffer_before=table.integer("buffer_before_minutes", 0, low=0, high=240, step=5),
        buffer_after=table.integer("buffer_after_minutes", 0, low=0, high=240, step=5),
        grid=table.integer("grid_minutes", defaults.grid, low=5, high=DAY, step=5),
        notice=notice,
        horizon_days=horizon,
        cancel_cutoff=table.integer("cancel_cutoff_minutes", defaults.cancel_cutoff, low=0, high=60 * DAY),
        patients=patients,
        min_age=min_age,
        max_age=max_age,
        spacing_days=table.integer("spacing_days", 0, low=0, high=3650),
        own_doctor=own_doctor,
        bookable_by=cast(
            Literal["assistant", "person"], table.choice("bookable_by", "assistant", ("assistant", "person"))
        ),
        assistant_per_day=table.optional_integer("assistant_per_day", low=0, high=500),
        instructions=table.text("instructions", ""),
        sensitive=table.boolean("sensitive", False),
        where=table.where,
    )
    table.finish()
    return result


KEYS = "0123456789*#"
"""What a telephone's keypad has."""


def transfer(table: Table) -> Transfer:
    """Read ``[transfer]``."""
    overflows: tuple[Literal["redirect", "busy"], ...] = ("redirect", "busy")
    methods: tuple[Literal["auto", "bridge"], ...] = ("auto", "bridge")
    result = Transfer(
        secretary=table.phone("secretary", sip=True),
        on_call=table.phone("on_call", sip=True),
        ring_seconds=table.integer("ring_seconds", 25, low=5, high=120),
        method=cast(Literal["auto", "bridge"], table.choice("method", "auto", methods)),
        accept_key=table.choice("accept_key", "", ("", *KEYS)) or None,
        overflow=cast(Literal["redirect", "busy"], table.choice("overflow", "redirect", overflows)),
    )
    table.finish()
    return result


def outside_hours(table: Table, numbers: Transfer) -> OutsideHours:
    """Read ``[outside_hours]``."""
    choices: tuple[Literal["book", "message", "transfer"], ...] = ("book", "message", "transfer")
    action = cast(Literal["book", "message", "transfer"], table.choice("action", "book", choices))
    message = table.text("message", "")
    if action == "transfer" and not numbers.on_call:
        table.error("action", "action_transfer")
    if action == "message" and not message.strip():
        table.error("action", "action_message")
    table.finish()
    return OutsideHours(action, message)


def manner(table: Table) -> Manner:
    """Read ``[conversation]``."""
    choices: tuple[Literal["normal", "consultation", "closed"], ...] = ("normal", "consultation", "closed")
    mode = cast(Literal["normal", "consultation", "closed"], table.choice("mode", "normal", choices))
    elder = table.boolean("elder", False)
    table.finish()
    return Manner(mode, elder)


def sip(table: Table, directory: Path) -> Sip:
    """Read ``[sip]``. Without it calls come from loopback only."""
    bind = table.text("bind", "127.0.0.1")
    try:
        ipaddress.ip_address(bind)
    except ValueError:
        table.error("bind", "address", value=bind)
    networks = []
    for position, text in enumerate(table.texts("allow") or ("127.0.0.0/8", "::1/128")):
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            table.problems.error((*table.path, "allow", position), "network", value=text)
            continue
        if network.prefixlen == 0:
            table.problems.warn((*table.path, "allow", position), "warn_open_network")
        networks.append(network)
    srtp: tuple[Literal["if-offered", "required"], ...] = ("if-offered", "required")
    result = Sip(
        bind=bind,
        port=table.integer("port", 5060, low=1, high=65535),
        allow=tuple(networks),
        registration=_registration(table.table("registration"), directory) if table.has("registration") else None,
        srtp=cast(Literal["if-offered", "required"], table.choice("srtp", "if-offered", srtp)),
    )
    if result.srtp == "required" and (result.registration is None or result.registration.transport != "TLS"):
        table.problems.warn((*table.path, "srtp"), "warn_srtp_in_clear")
    table.finish()
    return result


def _registration(table: Table, directory: Path) -> Registration:
    transports: tuple[Literal["UDP", "TCP", "TLS"], ...] = ("UDP", "TCP", "TLS")
    transport = cast(Literal["UDP", "TCP", "TLS"], table.choice("transport", "UDP", transports))
    ca_file = table.text("ca_file", "")
    if ca_file and transport != "TLS":
        table.error("ca_file", "ca_file_without_tls")
    result = Registration(
        registrar=table.text("registrar", example='"sip.operateur.example"'),
        username=table.text("username"),
        password_file=(directory / table.text("password_file", example='"/etc/voicebot/sip-password"')).absolute(),
        expires=table.integer("expires_seconds", 300, low=60, high=86400),
        transport=transport,
        ca_file=(directory / ca_file).absolute() if ca_file else None,
    )
    table.finish()
    return result


def transcript(table: Table) -> Literal["on", "ask", "off"]:
    """Read ``[transcript]``."""
    mode = cast(Literal["on", "ask", "off"], table.choice("mode", "on", ("on", "ask", "off")))
    table.finish()
    return mode


def retention(table: Table) -> Retention:
    """Read ``[retention]``, days."""

    def days(key: str, default: int) -> int:
        return table.integer(f"{key}_days", default, low=0, high=7300)

    result = Retention(
        transcript=days("transcript", 30),
        calls=days("calls", 90),
        unidentified=days("unidentified", 7),
        past_appointments=days("past_appointments", 365),
        audit=days("audit", 1095),
        backups=days("backups", 30),
    )
    table.finish()
    return result
