"""The speech process: hears with VAD and Whisper, speaks with Piper or espeak-ng, and writes nothing.

``python -m voicebot.processes.speech`` reads its settings as one JSON line on stdin and says ``{"ready": true}`` on
stdout once every model is loaded and every fixed phrase is rendered. It ends when stdin closes.
"""

from __future__ import annotations

from voicebot.vault.sandbox import restrict

# The first act, single-threaded, before any native library: a thread started earlier could still write. It speaks over
# Unix sockets only, so every other one goes too.
RESTRICTED = restrict(network=False) if __name__ == "__main__" else None

import asyncio  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from contextlib import suppress  # noqa: E402
from dataclasses import dataclass  # noqa: E402

from voicebot.errors import VoicebotError  # noqa: E402
from voicebot.faults import quiet  # noqa: E402
from voicebot.processes.ceiling import MOST, calls_at_once  # noqa: E402
from voicebot.processes.engines import Engines  # noqa: E402
from voicebot.processes.speech_call import SpeechCall  # noqa: E402

RECOGNISERS = 2
"""Recognitions at once; more calls than that wait their turn."""


@dataclass(frozen=True)
class Settings:
    """What the parent tells the speech process."""

    listen_fd: int
    """The inherited listening Unix socket that telephony connects to."""
    mind: str
    """Path of the Unix socket where the voicebot process takes calls."""
    phrases: tuple[str, ...]
    """Texts to render at start."""
    models: str | None = None
    """Directory of fetched models, or None for the default one."""

    @classmethod
    def parse(cls, line: str) -> Settings:
        """Read the JSON line of the parent."""
        data = json.loads(line)
        return cls(data["listen_fd"], data["mind"], tuple(data.get("phrases", ())), data.get("models"))


def measure(engines: Engines, phrases: Sequence[str]) -> int:
    """How many calls at once; the better of two tries, since the other processes start beside this one. Blocking."""
    if not phrases:
        return MOST
    trial = max(phrases, key=len)
    return max(calls_at_once(engines.time_recognition(trial, RECOGNISERS), RECOGNISERS) for _ in range(2))


async def serve(settings: Settings) -> None:
    """Take calls until stdin closes or a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    pool = ThreadPoolExecutor(RECOGNISERS, thread_name_prefix="recognise")
    engines = await loop.run_in_executor(None, Engines.load, settings.phrases, settings.models, pool)
    at_once = await loop.run_in_executor(None, measure, engines, settings.phrases)
    calls: set[asyncio.Task[None]] = set()

    async def take(telephony_reader: asyncio.StreamReader, telephony_writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            calls.add(task)
            task.add_done_callback(calls.discard)
        # Cancelled when the process stops: asyncio's server would report that as a fault.
        with suppress(asyncio.CancelledError):
            await SpeechCall(telephony_reader, telephony_writer, settings.mind, engines).run()

    listening = socket.socket(fileno=settings.listen_fd)
    server = await asyncio.start_unix_server(take, sock=listening)
    print(json.dumps({"ready": True, "sandbox": str(RESTRICTED), "calls": at_once}), flush=True)
    parent = asyncio.create_task(reader.read())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({parent, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    for call in tuple(calls):
        call.cancel()
    if calls:
        await asyncio.wait(calls, timeout=1)
    pool.shutdown(wait=False, cancel_futures=True)


def main() -> int:
    """Run the process."""
    quiet(logging.WARNING)
    for problem in RESTRICTED.problems if RESTRICTED else ():
        print(f"voicebot.speech: sandbox: {problem}", file=sys.stderr)
    line = sys.stdin.readline()
    try:
        asyncio.run(serve(Settings.parse(line)))
    except VoicebotError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 2
    # Nothing is left to save, and tearing down native libraries takes half of the time that a stop may take.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
