"""The client of the Rasa process: what it sends, how it fails, and what it never says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import httpx
import pytest

from voicebot.errors import UnavailableError
from voicebot.ports import Entity, Understanding
from voicebot.thinking.rasa import MAX_TEXT, RasaUnderstander

ANSWER = {
    "intent": "book",
    "confidence": 0.9,
    "ranking": [["book", 0.9], ["move", 0.05]],
    "entities": [{"name": "motive", "value": "vaccin", "start": 3, "end": 9}],
    "route": "turn",
}
MARK = "zanzibar"


def client(
    answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]], **options: float
) -> RasaUnderstander:
    async def handle(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        return response if isinstance(response, httpx.Response) else await response

    return RasaUnderstander(port=1, secret="s" * 32, transport=httpx.MockTransport(handle), **options)


async def test_an_answer_becomes_an_understanding() -> None:
    understander = client(lambda _: httpx.Response(200, json=ANSWER))
    assert await understander.understand("un vaccin", asks="open", conversation="c") == Understanding(
        "book", 0.9, (("book", 0.9), ("move", 0.05)), (Entity("motive", "vaccin", 3, 9),), "turn"
    )


async def test_the_secret_the_question_and_the_conversation_are_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    await client(answer).understand("un vaccin", asks="motive", conversation="c7")
    assert seen[0].url.path == "/turn"
    assert seen[0].headers["x-voicebot-secret"] == "s" * 32
    assert json.loads(seen[0].content) == {"text": "un vaccin", "asks": "motive", "conversation": "c7"}


@pytest.mark.parametrize(("said", "sent"), [("/restart", "restart"), (" //a /b", "a /b"), ("x" * 5000, "x" * MAX_TEXT)])
async def test_slashes_are_dropped_and_the_text_is_bounded(said: str, sent: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content)["text"])
        return httpx.Response(200, json=ANSWER)

    await client(answer).understand(said, asks=None, conversation="c")
    assert seen == [sent]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, json={"error": MARK}),
        httpx.Response(403, json={}),
        httpx.Response(200, content=MARK.encode()),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={**ANSWER, "confidence": MARK}),
        httpx.Response(200, json={key: value for key, value in ANSWER.items() if key != "route"}),
        httpx.Response(200, json={**ANSWER, "ranking": [["book"]]}),
    ],
)
async def test_anything_but_a_whole_answer_means_that_rasa_is_away(response: httpx.Response) -> None:
    with pytest.raises(UnavailableError) as caught:
        await client(lambda _: response).understand(MARK, asks=None, conversation="c")
    assert MARK not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_refused_connection_means_that_rasa_is_away() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(MARK, request=request)

    understander = client(answer)
    with pytest.raises(UnavailableError) as caught:
        await understander.understand(MARK, asks=None, conversation="c")
    assert MARK not in str(caught.value)
    assert not await understander.healthy()


async def test_a_silent_rasa_is_not_awaited_beyond_the_timeout() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(UnavailableError, match="did not answer"):
        await client(answer, timeout=0.01).understand("oui", asks=None, conversation="c")


async def test_messages_of_one_conversation_go_one_at_a_time_and_others_do_not_wait() -> None:
    release = asyncio.Event()
    under_way: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        under_way.append(json.loads(request.content)["text"])
        await release.wait()
        return httpx.Response(200, json=ANSWER)

    understander = client(answer, timeout=5)
    tasks = [
        asyncio.create_task(understander.understand(text, asks=None, conversation=conversation))
        for text, conversation in (("a1", "a"), ("a2", "a"), ("b1", "b"))
    ]
    for _ in range(50):  # every task has gone as far as it can without the event
        await asyncio.sleep(0)
    assert sorted(under_way) == ["a1", "b1"]
    release.set()
    await asyncio.gather(*tasks)
    assert under_way[-1] == "a2"


async def test_a_failed_message_does_not_block_its_conversation() -> None:
    responses = iter([httpx.Response(500), httpx.Response(200, json=ANSWER)])
    understander = client(lambda _: next(responses))
    with pytest.raises(UnavailableError):
        await understander.understand("a", asks=None, conversation="c")
    assert (await understander.understand("b", asks=None, conversation="c")).intent == "book"


async def test_the_client_closes() -> None:
    understander = client(lambda _: httpx.Response(200, json=ANSWER))
    assert await understander.healthy()
    await understander.close()


async def test_one_turn_that_waited_in_vain_spares_the_others_the_wait_until_rasa_answers_again() -> None:
    stalled, asked = True, []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if stalled:
            await asyncio.Event().wait()
        return httpx.Response(200, json=ANSWER)

    understander = client(answer, timeout=0.01)
    for _ in range(3):
        with pytest.raises(UnavailableError):
            await understander.understand("oui", asks=None, conversation="c")
    assert asked.count("/turn") == 1
    stalled = False
    while True:
        try:
            assert (await understander.understand("oui", asks=None, conversation="c")).intent == "book"
            break
        except UnavailableError:
            await asyncio.sleep(0)
    await understander.close()


async def test_a_process_that_hangs_is_given_back_to_its_owner_once() -> None:
    hung = asyncio.Event()

    async def give_up() -> None:
        assert not hung.is_set()
        hung.set()

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    transport = httpx.MockTransport(answer)
    understander = RasaUnderstander(port=1, secret="s", timeout=0.01, transport=transport, on_hung=give_up, hung=0.05)
    with pytest.raises(UnavailableError):
        await understander.understand("oui", asks=None, conversation="c")
    await asyncio.wait_for(hung.wait(), 30)
    await understander.close()
