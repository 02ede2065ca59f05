"""What the Rasa process answers, refuses, forgets and never says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.dialogs.conftest import Server
from voicebot.errors import UnavailableError
from voicebot.ports import Asks
from voicebot.processes import rasa
from voicebot.thinking.rasa import RasaUnderstander

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

MARK = "zanzibar"


@pytest.mark.parametrize(
    ("text", "asks", "intent", "route"),
    [
        ("je voudrais un rendez-vous pour un vaccin", "open", "book", "turn"),
        ("je voudrais annuler mon rendez-vous", "open", "cancel", "turn"),
        ("quels sont vos horaires", "when", "hours", "answer"),
        ("quelle est votre adresse", "birth_name", "address", "answer"),
        ("combien coûte une consultation", "choice", "prices", "answer"),
        ("passez-moi la secrétaire", "confirm", "human", "human"),
        ("je ne veux pas parler à un robot", "open", "refuse_assistant", "human"),
        ("i would like to see a doctor", "open", "other_language", "human"),
        ("j'ai très mal à la poitrine", "open", "emergency", "emergency"),
        ("merci beaucoup", "open", "thanks", "thanks"),
        ("au revoir bonne journée", "open", "goodbye", "goodbye"),
        ("vous pouvez répéter s'il vous plaît", "when", "repeat", "repeat"),
        ("attendez je prends mon agenda", "when", "wait", "wait"),
        ("je me suis trompé de numéro", "open", "wrong_number", "wrong_number"),
        ("je voudrais mes résultats de prise de sang", "open", "results", "results"),
        ("je voudrais laisser un message au docteur", "open", "message", "message"),
        ("est-ce que le docteur peut me rappeler", "open", "callback", "callback"),
        ("je vais avoir dix minutes de retard", "open", "late", "late"),
        ("je refuse la transcription", "transcript", "refuse_transcript", "refuse_transcript"),
        ("effacez cet appel", "open", "erase_call", "erase_call"),
        ("espèce d'imbécile", "open", "insult", "insult"),
        ("raconte-moi une blague", "open", "out_of_scope", "out_of_scope"),
    ],
)
async def test_each_purpose_takes_its_route(
    understander: RasaUnderstander, text: str, asks: Asks, intent: str, route: str
) -> None:
    understood = await understander.understand(text, asks=asks, conversation="c")
    assert (understood.intent, understood.route) == (intent, route)


@pytest.mark.parametrize(
    ("text", "asks", "intent"),
    [
        ("Rosalie", "first_name", "give_name"),
        ("le deux", "choice", "choose_offer"),
        ("jamais", "known", "new_patient"),
        ("ma fille", "for_whom", "for_whom"),
        ("plus tard dans la matinée", "choice", "later"),
    ],
)
async def test_what_answers_the_question_weighs_more(
    understander: RasaUnderstander, text: str, asks: Asks, intent: str
) -> None:
    with_question = await understander.understand(text, asks=asks, conversation="c")
    without = await understander.understand(text, asks=None, conversation="c")
    assert with_question.intent == intent
    assert with_question.confidence > dict(without.ranking).get(intent, 0.0)


@pytest.mark.parametrize("asks", ["open", "birth_name", "choice", "phone", "confirm", "transcript"])
async def test_a_sign_of_emergency_wins_whatever_was_asked(understander: RasaUnderstander, asks: Asks) -> None:
    text = "oui le premier mais attendez mon mari a perdu connaissance il ne respire plus"
    understood = await understander.understand(text, asks=asks, conversation="c")
    assert (understood.intent, understood.route) == ("emergency", "emergency")
    assert understood.ranking[0][0] == "emergency"


async def test_nonsense_is_not_understood_and_stays_the_applications_turn(understander: RasaUnderstander) -> None:
    understood = await understander.understand("xqz wkk jjhb", asks="when", conversation="c")
    assert (understood.intent, understood.route) == ("no_understanding", "turn")
    assert understood.ranking
    assert understood.confidence == understood.ranking[0][1]


async def test_entities_carry_the_words_as_said_and_their_span(understander: RasaUnderstander) -> None:
    text = "Un rappel de vaccin avec le Docteur Lefèvre, mardi"
    understood = await understander.understand(text, asks="open", conversation="c")
    found = {entity.name: entity for entity in understood.entities}
    assert found["motive"].value == "rappel de vaccin"
    assert found["practitioner"].value == "Docteur Lefèvre"
    for entity in understood.entities:
        assert text[entity.start : entity.end] == entity.value


@pytest.mark.parametrize(
    "text", ["/book", "/intent{", '/cancel{"a": 1}', "  //human", "/restart", "/session_start", "/", "", " "]
)
async def test_a_spoken_slash_is_no_command(running: Server, text: str) -> None:
    async with running.http(**{"x-voicebot-secret": running.secret}) as http:
        answer = (await http.post("/turn", json={"text": text, "asks": None, "conversation": "c"})).json()
    assert answer["confidence"] < 1.0
    assert len(answer["ranking"]) > 1


@pytest.mark.parametrize("given", [None, "", "wrong", "é"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/turn"), ("GET", "/health"), ("GET", "/"), ("POST", "/model")])
async def test_nothing_is_answered_without_the_secret(
    running: Server, given: str | None, method: str, path: str
) -> None:
    async with running.http() as http:
        headers = {} if given is None else {"x-voicebot-secret": given.encode()}
        body = {"text": "bonjour", "asks": None, "conversation": "c"}
        response = await http.request(method, path, json=body, headers=headers)
    assert response.status_code in (403, 404, 405)
    assert "intent" not in response.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"text": 5, "conversation": "c"}', 400),
        (b'{"text": "oui", "conversation": ""}', 400),
        (b'{"text": "oui", "conversation": "c", "asks": []}', 400),
        (b'{"text": "' + b"a" * 20_000 + b'", "conversation": "c"}', 413),
    ],
)
async def test_a_malformed_request_is_refused_and_the_next_is_answered(
    running: Server, content: bytes, status: int
) -> None:
    async with running.http(**{"x-voicebot-secret": running.secret}) as http:
        assert (await http.post("/turn", content=content)).status_code == status
        good = await http.post("/turn", json={"text": "oui", "asks": "confirm", "conversation": "c"})
    assert good.json()["intent"] == "affirm"


async def test_it_listens_on_loopback_only(running: Server) -> None:
    listening = await asyncio.to_thread(Path(f"/proc/{running.child.pid}/net/tcp").read_text)
    port = f"{running.port:04X}"
    local = [line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A"]
    assert [address for address in local if address.endswith(f":{port}")] == [f"0100007F:{port}"]


async def test_twenty_conversations_at_once_are_all_answered(understander: RasaUnderstander) -> None:
    texts = ["je voudrais un rendez-vous", "oui", "mardi matin", "passez-moi la secrétaire"]

    async def call(number: int) -> list[str]:
        turns = [await understander.understand(text, asks=None, conversation=f"c{number}") for text in texts]
        return [turn.intent for turn in turns]

    answers = await asyncio.gather(*(call(number) for number in range(20)))
    assert set(map(tuple, answers)) == {("book", "affirm", "give_when", "human")}


async def test_nothing_is_remembered_between_two_messages(understander: RasaUnderstander) -> None:
    first = await understander.understand("je voudrais un vaccin", asks="open", conversation="same")
    await understander.understand("non annulez", asks="confirm", conversation="same")
    assert await understander.understand("je voudrais un vaccin", asks="open", conversation="same") == first


async def test_no_word_reaches_a_log_or_a_file(model: Path, tmp_path: Path) -> None:
    made = Server(model)
    how = made.spawn()
    settings = json.dumps(how.settings)
    assert how.folder is not None
    log = tmp_path / "stderr"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *how.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=how.env,
            pass_fds=tuple(how.fds),
        )
        for fd in how.close_after:
            os.close(fd)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(settings.encode() + b"\n")
        assert json.loads(await asyncio.wait_for(process.stdout.readline(), 120)) == {"ready": True}
        async with made.http(**{"x-voicebot-secret": made.secret}) as http:
            for text in (f"je suis {MARK}", f"/intent{{{MARK}", f'/book{{"{MARK}"', f"{MARK}\ud800", MARK * 600):
                content = json.dumps({"text": text, "asks": "birth_name", "conversation": MARK})
                await http.post("/turn", content=content)
                await http.post("/turn", content=content[:-3])
            await http.post(f"/{MARK}", content=MARK)
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 5) == 0
    printed = (await process.stdout.read()) + log.read_bytes()
    assert MARK.encode() not in printed
    assert list(how.folder.rglob("*")) == []
    how.folder.rmdir()


async def test_its_directory_goes_with_it_however_it_ends(model: Path) -> None:
    made = Server(model)
    scratch = model.parent / "scratch"

    def ours() -> set[Path]:
        """Those of this process: another worker's Rasa has its own."""
        return set(scratch.glob(f"{os.getpid()}-*"))

    before = ours()
    await made.child.start()
    (own,) = ours() - before
    await made.child.kill()
    assert not own.exists()


async def test_it_ends_with_its_parent_and_starts_again(model: Path) -> None:
    made = Server(model)
    await made.child.start()
    understander = made.understander()
    assert await understander.healthy()
    first = made.child.pid
    await made.child.kill()
    with pytest.raises(UnavailableError):
        await understander.understand("oui", asks="confirm", conversation="c")
    await understander.close()
    await made.child.start()
    assert made.child.pid != first
    understander = made.understander()
    assert (await understander.understand("oui", asks="confirm", conversation="c")).intent == "affirm"
    await understander.close()
    await made.child.stop()
    assert not await asyncio.to_thread(Path(f"/proc/{made.child.pid}").exists)


async def test_the_secret_is_neither_in_the_arguments_nor_in_the_environment(running: Server) -> None:
    for name in ("cmdline", "environ"):
        content = await asyncio.to_thread(Path(f"/proc/{running.child.pid}/{name}").read_bytes)
        assert running.secret.encode() not in content


async def test_a_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "model.tar.gz"
    broken.write_bytes(b"not a model")
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed (make install)")
    with pytest.raises(UnavailableError, match="could not load its model"):
        await Server(broken).child.start()


async def test_every_intent_of_the_domain_has_examples_and_every_rule_a_route() -> None:
    domain = (rasa.DIALOGS / "domain.yml").read_text(encoding="utf-8")
    declared = set(re.findall(r"^  - (\w+)$", domain.split("entities:")[0], re.M))
    routes = set(re.findall(r"^  (utter_\w+):", domain, re.M))
    trained: set[str] = set()
    for path in (rasa.DIALOGS / "data" / "nlu").glob("*.yml"):
        blocks = re.split(r"- intent: ", path.read_text(encoding="utf-8"))[1:]
        for block in blocks:
            name = block.split()[0]
            trained.add(name)
            assert block.count("\n      - ") >= 40, f"{name} has fewer than 40 examples"
    rules = (rasa.DIALOGS / "data" / "rules.yml").read_text(encoding="utf-8")
    assert declared - {"nlu_fallback"} == trained
    assert set(re.findall(r"intent: (\w+)", rules)) <= trained
    assert set(re.findall(r"action: (\w+)", rules)) <= routes


async def test_health_answers_whoever_knows_the_secret(running: Server, understander: RasaUnderstander) -> None:
    assert await understander.healthy()
    stranger = httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}", trust_env=False)
    async with stranger as http:
        assert (await http.get("/health")).status_code == 403
