"""The national health identity: its key and what each status demands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.agenda.ins import TRAITS, key_of, matricule_problem, status_problem

FULL = {**dict.fromkeys(TRAITS, "x"), "ins": "255081416802538", "ins_oid": "1.2.250.1.213.1.4.8"}


@pytest.mark.parametrize("number", ["2 55 08 14 168 025 38", "255081416802538", "2 69 05 49 588 157 80"])
def test_published_examples_are_right(number: str) -> None:
    assert matricule_problem(number) is None


def test_corsica_has_letters() -> None:
    for department, digits in (("2A", "19"), ("2B", "18")):
        body = f"18001{department}004001"
        assert key_of(body) == key_of(f"18001{digits}004001")
        assert matricule_problem(f"{body}{key_of(body):02}") is None


@given(st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(position: int, change: int) -> None:
    right = "255081416802538"
    wrong = right[:position] + str((int(right[position]) + change) % 10) + right[position + 1 :]
    assert matricule_problem(wrong)


@pytest.mark.parametrize("number", ["", "2550814168025", "955081416802538", "255131416802538", "25508141680253X"])
def test_what_has_another_form_is_no_number(number: str) -> None:
    assert "15 characters" in (matricule_problem(number) or "")


def test_each_status_has_its_demands() -> None:
    assert status_problem("provisoire", {}, source="phone") is None
    for status in ("validee", "recuperee", "qualifiee"):
        assert status_problem(status, FULL, source="desk") is None
        assert "phone" in (status_problem(status, FULL, source="phone") or "")
    assert "missing: sex" in (status_problem("validee", {**FULL, "sex": None}, source="desk") or "")
    assert "OID" in (status_problem("qualifiee", {**FULL, "ins_oid": None}, source="desk") or "")
    assert status_problem("validee", {**FULL, "ins": None}, source="desk") is None
