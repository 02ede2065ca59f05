"""Who enters the desk: the first administrator, passwords, the second factor, sessions and their end."""

from __future__ import annotations

import re

import pyotp
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.desk.conftest import CODE, PASSWORD, Time, enter, visitor
from voicebot.cli.setup import Workspace
from voicebot.desk.accounts import AccountError, Accounts
from voicebot.desk.app import create_desk
from voicebot.desk.context import Desk
from voicebot.desk.lockout import FIRST_PAUSE, TRIES, Lockout
from voicebot.desk.sessions import IDLE, LONGEST, Sessions
from voicebot.errors import StaleVersionError

NEW = "une autre phrase à moi"
MAKE = {"code": CODE, "name": "Anne Roche", "login": "anne", "password": NEW, "also": "secretary"}


def without_people(desk: Desk) -> FastAPI:
    with desk.accounts._lock:
        desk.accounts._database.execute("delete from desk_account")
    return create_desk(desk)


def test_the_first_run_makes_an_administrator_with_the_terminals_code_which_then_serves_no_more(desk: Desk) -> None:
    app = without_people(desk)
    client = visitor(app)
    assert client.get("/login").headers["location"] == "/setup"
    assert client.post("/setup", data={**MAKE, "code": "faux"}).status_code == 403
    assert "12 caractères" in client.post("/setup", data={**MAKE, "password": "court"}).text
    assert client.post("/setup", data=MAKE).headers["location"] == "/"
    assert client.get("/comptes").status_code == 200
    other = visitor(app)
    assert other.post("/setup", data={**MAKE, "login": "intrus"}).headers["location"] == "/login"
    assert other.post("/login", data={"code": CODE}).status_code == 403
    assert [account.login for account in desk.accounts.all()] == ["anne"]


def test_the_demonstration_enters_by_the_terminals_code_and_counts_as_nobodys_account(desk: Desk) -> None:
    desk.demo = True
    client = visitor(without_people(desk))
    assert client.post("/login", data={"code": "faux"}).status_code == 403
    assert client.post("/login", data={"code": CODE}).headers["location"] == "/"
    assert desk.accounts.first_run()
    page = client.get("/compte").text
    assert "password" not in page
    secret = pyotp.random_base32()
    assert (
        client.post(
            "/compte/second-code", data={"secret": secret, "code": pyotp.TOTP(secret).at(desk.accounts.now())}
        ).status_code
        == 400
    )


def test_wrong_passwords_shut_a_login_for_a_while_whether_it_exists_or_not(app: FastAPI) -> None:
    said = []
    for login in ("secretary", "inconnue"):
        client = visitor(app)
        for _ in range(TRIES):
            last = client.post("/login", data={"login": login, "password": "faux"})
        right = client.post("/login", data={"login": login, "password": PASSWORD})
        assert right.status_code == 403
        said.append((last.text.replace(login, ""), right.text.replace(login, "")))
    assert said[0] == said[1]
    assert "Attendez 1 minute" in said[0][1]


def test_the_pause_ends_doubles_and_is_cleared_by_a_right_guess() -> None:
    now = [0.0]
    lockout = Lockout(lambda: now[0])
    for _ in range(TRIES):
        lockout.wrong("anne")
    assert lockout.pause("Anne ") == FIRST_PAUSE
    now[0] += FIRST_PAUSE
    assert lockout.pause("anne") == 0
    for _ in range(TRIES):
        lockout.wrong("anne")
    assert lockout.pause("anne") == 2 * FIRST_PAUSE
    lockout.right("anne")
    assert lockout.pause("anne") == 0


def test_a_login_opens_a_new_session_in_a_strict_cookie_out_of_reach_of_scripts(app: FastAPI) -> None:
    client = visitor(app)
    cookies = []
    for _ in range(2):
        answer = client.post("/login", data={"login": "secretary", "password": PASSWORD})
        cookies.append(answer.headers["set-cookie"])
    assert all("httponly" in cookie.lower() and "samesite=strict" in cookie.lower() for cookie in cookies)
    first, second = (cookie.split(";")[0].split("=", 1)[1] for cookie in cookies)
    assert first != second
    old = visitor(app)
    old.cookies.set("session", first)
    assert old.get("/compte").headers["location"] == "/login"


def test_over_tls_the_cookie_is_bound_to_this_host(desk: Desk) -> None:
    desk.tls = True
    client = TestClient(create_desk(desk), base_url="https://poste.example", follow_redirects=False)
    answer = client.post("/login", data={"login": "secretary", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_session_ends_with_the_day_when_idle_and_at_logout(app: FastAPI, time: Time) -> None:
    for hours in range(int(LONGEST / 3600)):
        if hours == 0:
            client = enter(app)
        time.now += 3600
        assert client.get("/compte").status_code == (200 if (hours + 1) * 3600 <= LONGEST else 303)
    time.now += 1
    assert client.get("/compte").status_code == 303
    client = enter(app)
    time.now += IDLE + 1
    assert client.get("/compte").status_code == 303
    client = enter(app)
    token = client.cookies["session"]
    client.post("/logout")
    client.cookies.set("session", token)
    assert client.get("/compte").status_code == 303


def test_only_the_hash_of_a_sessions_token_is_kept(workspace: Workspace, desk: Desk) -> None:
    token = Sessions(workspace.connect).open(desk.accounts.all()[0].id)
    database = workspace.connect()
    kept = [row[0] for row in database.execute("select token from desk_session")]
    database.close()
    assert kept
    assert token not in kept


def test_the_second_factor_is_asked_for_and_a_code_serves_once(app: FastAPI, time: Time) -> None:
    client = enter(app)
    secret = re.search(r'name="secret" value="(\w+)"', client.get("/compte").text)
    assert secret is not None
    totp = pyotp.TOTP(secret[1])
    assert client.post("/compte/second-code", data={"secret": secret[1], "code": "000000"}).status_code == 400
    assert client.post("/compte/second-code", data={"secret": secret[1], "code": totp.at(time.now)}).status_code == 303

    again = visitor(app)
    assert again.post("/login", data={"login": "secretary", "password": PASSWORD}).headers["location"] == "/login/code"
    assert again.get("/").headers["location"] == "/login", "the password alone opens nothing"
    shown = {"code": totp.at(time.now)}
    assert again.post("/login/code", data=shown).status_code == 403, "it has served to turn the second factor on"
    time.now += 30
    code = totp.at(time.now)
    assert again.post("/login/code", data={"code": code}).headers["location"] == "/"
    assert again.get("/").status_code == 200

    replayed = visitor(app)
    replayed.post("/login", data={"login": "secretary", "password": PASSWORD})
    assert replayed.post("/login/code", data={"code": code}).status_code == 403
    time.now += 60
    assert replayed.post("/login/code", data={"code": totp.at(time.now)}).status_code == 303


def test_an_open_desk_lets_nobody_replace_or_guess_the_second_factor(app: FastAPI, time: Time) -> None:
    client = enter(app)
    secret, other = pyotp.random_base32(), pyotp.random_base32()
    for wrong in ("!" * 32, "a" * 32, ""):
        assert client.post("/compte/second-code", data={"secret": wrong, "code": "123456"}).status_code == 400
    code = pyotp.TOTP(secret).at(int(time.now))
    assert client.post("/compte/second-code", data={"secret": secret, "code": code}).status_code == 303
    replaced = client.post("/compte/second-code", data={"secret": other, "code": pyotp.TOTP(other).at(int(time.now))})
    assert replaced.status_code == 400
    assert "déjà activé" in replaced.text
    time.now += 300
    right = pyotp.TOTP(secret).at(int(time.now))
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(TRIES):
        client.post("/compte/second-code/retirer", data={"code": wrong})
    assert "Trop d&#39;essais" in client.post("/compte/second-code/retirer", data={"code": right}).text


def test_a_new_password_ends_the_other_sessions(app: FastAPI) -> None:
    here, elsewhere = enter(app), enter(app)
    change = {"password": PASSWORD, "new": NEW}
    assert here.post("/compte/mot-de-passe", data={**change, "password": "faux"}).status_code == 400
    assert here.post("/compte/mot-de-passe", data=change).status_code == 303
    assert here.get("/compte").status_code == 200
    assert elsewhere.get("/compte").status_code == 303


def test_an_administrator_adds_changes_and_shuts_accounts_and_can_undo(app: FastAPI, desk: Desk) -> None:
    client = enter(app, "administrator")
    page = client.post("/comptes", data={"name": "Zoé", "login": "zoe", "roles": "secretary"}).text
    password = re.search(r"(?:[a-z0-9]{4}-){3}[a-z0-9]{4}", page)
    assert password is not None
    theirs = visitor(app)
    assert theirs.post("/login", data={"login": "ZOE", "password": password[0]}).status_code == 303
    zoe = next(account for account in desk.accounts.all() if account.login == "zoe")

    change = {"version": zoe.version, "name": "Zoé", "roles": ["secretary"], "disabled": "true"}
    client.post(f"/comptes/{zoe.id}", data=change)
    assert theirs.get("/compte").status_code == 303
    assert theirs.post("/login", data={"login": "zoe", "password": password[0]}).status_code == 403
    undo = re.search(r'action="(/comptes/\w+/retablir)">(.*?)<button', client.get("/comptes").text, re.S)
    assert undo is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2]))
    assert client.post(undo[1], data=fields).status_code == 303
    assert theirs.post("/login", data={"login": "zoe", "password": password[0]}).status_code == 303
    assert client.post(f"/comptes/{zoe.id}", data=change).status_code == 409, "the version is no longer that one"


def test_the_last_administrator_stays_one(desk: Desk) -> None:
    accounts: Accounts = desk.accounts
    last = next(account for account in accounts.all() if "administrator" in account.roles)
    with pytest.raises(AccountError, match="dernier compte d'administration"):
        accounts.change(last.id, name=last.name, roles=["secretary"], disabled=False, version=last.version)
    with pytest.raises(StaleVersionError):
        accounts.change(last.id, name="x", roles=["administrator"], disabled=False, version=99)


def test_every_login_and_change_of_rights_is_in_the_audit_trail_without_a_name(app: FastAPI, desk: Desk) -> None:
    client = enter(app, "administrator")
    client.post("/comptes", data={"name": "Zoé", "login": "zoe", "roles": "secretary"})
    trail = desk.workspace.audit.entries()
    assert {"login", "account.added"} <= {entry.action for entry in trail}
    assert "Zoé" not in repr(trail)


def test_the_one_who_controls_reads_the_trail_and_that_is_in_it_too(app: FastAPI, desk: Desk) -> None:
    enter(app, "secretary").get("/compte")
    page = enter(app, "auditor").get("/acces?quoi=login").text
    assert "ouverture de session" in page
    assert "Personne secretary" in page
    assert desk.workspace.audit.entries(action="audit.read")
    assert enter(app, "administrator").get("/acces").status_code == 403


def test_passwords_are_kept_as_argon2id(workspace: Workspace) -> None:
    accounts = Accounts(workspace.connect)
    accounts.add("anne", "Anne", ["secretary"], NEW)
    database = workspace.connect()
    (kept,) = database.execute("select password from desk_account").fetchone()
    database.close()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert accounts.check_password("anne", NEW) is not None
    assert accounts.check_password("anne", NEW + "x") is None
    accounts.close()
