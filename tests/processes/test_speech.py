"""The speech process: hears, speaks, lets itself be interrupted, and may not write."""

from __future__ import annotations

import asyncio

import numpy as np
import numpy.typing as npt
import pytest

from tests.processes.peers import End, SpeechProcess, silence, speak
from voicebot.processes.ceiling import LEAST, MOST
from voicebot.wire import read_event

Samples = npt.NDArray[np.int16]


async def test_the_process_may_not_write_before_it_takes_a_call(speech: SpeechProcess) -> None:
    assert "refused=True" in speech.ready["sandbox"]


async def test_the_process_says_how_many_calls_it_carries(speech: SpeechProcess) -> None:
    assert LEAST <= speech.ready["calls"] <= MOST


async def test_what_is_said_is_heard(speech: SpeechProcess, oui: Samples) -> None:
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Bonjour."], interruptible=True, asks="confirm")
    assert (await line.next("mark")).data["mark"] == 1
    line.tell("played", mark=1)
    assert (await mind.next("spoken")).data["complete"] is True
    speak(line, np.concatenate([silence(0.5), oui, silence(1.5)]))
    heard = await mind.next("heard")
    assert heard.data["rejected"] is None
    assert "oui" in heard.data["text"].lower()
    assert "speech-start" in mind.seen


async def test_a_slow_call_is_spoken_to_more_slowly_and_waited_for_longer(speech: SpeechProcess) -> None:
    line, mind = await speech.call()
    lengths = []
    for mark, slow in enumerate((False, True), start=1):
        mind.tell("say", mark=mark, pieces=["Quel est le motif du rendez-vous ?"], asks="motive", slow=slow)
        lengths.append(await sound_until_mark(line))
        line.tell("played", mark=mark)
        await mind.next("spoken")
    assert lengths[1] > 1.15 * lengths[0] > 0
    speak(line, silence(8))
    line.tell("key", digit="1")
    await mind.next("key")
    assert "silence" not in mind.seen, "eight seconds are too long for the usual caller only"


async def sound_until_mark(line: End) -> int:
    """Bytes of sound up to the next mark."""
    total = 0
    async with asyncio.timeout(20):
        while (event := await read_event(line.reader)) is not None and event.type != "mark":
            total += len(event.payload or b"")
    return total


async def silent_until(line: End, mind: End, kind: str) -> None:
    """A line goes on in silence, however long recognition takes, until the mind is told ``kind``."""
    told = asyncio.create_task(mind.next(kind, 60))
    while not told.done():
        speak(line, silence(1))
        await asyncio.wait({told}, timeout=0.2)
    told.result()


async def test_silence_is_noticed_once_the_question_was_heard(speech: SpeechProcess) -> None:
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Bonjour."], interruptible=True, asks="confirm")
    await line.next("mark")
    line.tell("played", mark=1)
    await mind.next("spoken")
    speak(line, silence(8))
    await mind.next("silence")


async def test_speech_over_a_prompt_pauses_then_stops_it(speech: SpeechProcess, oui: Samples) -> None:
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Je vous propose mardi à neuf heures."], interruptible=True, asks="choice")
    await line.next("mark")
    await asyncio.sleep(0.3)  # the floor's guard is measured on the real clock of the process
    speak(line, np.concatenate([oui, silence(1.5)]))
    await line.next("pause")
    await line.next("flush")
    assert (await mind.next("spoken")).data["complete"] is False
    await mind.next("heard")


async def test_the_announcement_is_not_interrupted(speech: SpeechProcess, oui: Samples) -> None:
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Bonjour."], interruptible=False, asks="open")
    await line.next("mark")
    await asyncio.sleep(0.3)
    speak(line, np.concatenate([oui, silence(1.5)]))
    await mind.next("speech-start")
    line.tell("played", mark=1)
    await mind.next("spoken")
    assert "pause" not in line.seen
    assert "heard" not in mind.seen


async def spoken_into(speech: SpeechProcess, said: Samples, asks: str) -> tuple[End, End]:
    """A question that may not be interrupted is over, and the caller has spoken into it."""
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Bonjour."], interruptible=False, asks=asks)
    await line.next("mark")
    speak(line, said)
    await mind.next("speech-start")
    line.tell("played", mark=1)
    await mind.next("spoken")
    return line, mind


async def test_who_spoke_into_a_question_and_then_says_nothing_is_asked_again(
    speech: SpeechProcess, oui: Samples
) -> None:
    line, mind = await spoken_into(speech, oui, "confirm")
    await silent_until(line, mind, "silence")
    assert "heard" not in mind.seen


async def test_an_answer_that_runs_on_from_what_was_said_into_the_question_counts(
    speech: SpeechProcess, oui: Samples
) -> None:
    line, mind = await spoken_into(speech, oui, "when")
    speak(line, np.concatenate([silence(0.3), oui, silence(0.3), oui, silence(2)]))
    assert (await mind.next("heard")).data["text"]


async def test_keys_pass_and_silence_the_prompt(speech: SpeechProcess) -> None:
    line, mind = await speech.call()
    mind.tell("say", mark=1, pieces=["Bonjour."], interruptible=True, asks="confirm")
    await line.next("mark")
    line.tell("key", digit="1")
    assert (await mind.next("key")).data["digit"] == "1"
    await line.next("flush")


async def test_the_end_of_the_call_reaches_the_mind(speech: SpeechProcess) -> None:
    line, mind = await speech.call()
    line.tell("call-end", reason="bye")
    assert (await mind.next("call-end")).data["reason"] == "bye"


@pytest.mark.parametrize("raw", [b"{]\n", b'{"type": "audio-chunk", "payload_length": 9999999}\n', b'{"type": "x"}\n'])
async def test_malformed_input_ends_that_call_only(speech: SpeechProcess, raw: bytes) -> None:
    first, _ = await speech.call()
    other, mind = await speech.call()
    first.writer.write(raw)
    assert await asyncio.wait_for(first.reader.read(), 30) == b""
    other.tell("key", digit="1")
    await mind.next("key")


async def test_the_process_ends_with_its_parent(speech: SpeechProcess) -> None:
    """The last test of this module: the process is gone afterwards."""
    assert speech.process.stdin is not None
    await speech.call()
    speech.process.stdin.close()
    assert await asyncio.to_thread(speech.process.wait, 30) == 0
