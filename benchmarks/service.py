"""A service of its own for a benchmark, and the synthetic patients who call it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from voicebot.control import path_of

PARTS = ("silence_ms", "recognition_ms", "dialogue_ms", "synthesis_ms")


@dataclass
class Serving:
    """A running service, with throw-away data."""

    process: asyncio.subprocess.Process
    url: str
    data: Path
    key: Path
    ready_seconds: float
    stop_seconds: float = 0.0
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """What the journal tells of each turn, ms."""

    @property
    def options(self) -> list[str]:
        """For the verbs of the command line, beside this service."""
        return ["--data", str(self.data), "--key-file", str(self.key)]

    def show(self, verb: str) -> list[dict[str, Any]]:
        """What a verb of the command line prints as JSON."""
        command = [sys.executable, "-m", "voicebot", verb, "--json", *self.options]
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [json.loads(line) for line in output.splitlines()]

    async def call(self, seed: int, longest: float) -> list[dict[str, Any]]:
        """Let one patient call, for ``longest`` seconds at most; the events of his side."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voicebot.demo.caller", "--seed", str(seed)),
            *("--url", self.url, "--data", str(self.data)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        events = []
        try:
            async with asyncio.timeout(longest):
                async for line in process.stdout:
                    events.append(json.loads(line))
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        return events


@asynccontextmanager
async def serving() -> AsyncIterator[Serving]:
    """Start ``voicebot serve`` for WebRTC calls; it is stopped, and what it wrote removed, at the end."""
    with tempfile.TemporaryDirectory(prefix="voicebot-bench-") as name:
        key = Path(name) / "bench.key"
        key.write_text(os.urandom(32).hex())
        key.chmod(0o600)
        data = Path(name) / "data"
        begun = monotonic()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voicebot", "serve", "--web-port", "0", "--http-port", "0"),
            *("--data", str(data), "--key-file", str(key)),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        url = last = ""
        while (text := (await process.stderr.readline()).decode().strip()) != "READY":
            if not text and process.stderr.at_eof():
                raise SystemExit(f"the service did not become ready: {last}")
            last = text or last
            if found := re.match(r"patient's page: (\S+)", text):
                url = found[1]
        made = Serving(process, url, data, key, monotonic() - begun)
        tasks = [asyncio.create_task(process.stderr.read()), asyncio.create_task(_watch(made))]
        try:
            yield made
        finally:
            process.send_signal(signal.SIGINT)
            begun = monotonic()
            await process.wait()
            made.stop_seconds = monotonic() - begun
            for task in tasks:
                task.cancel()


async def _watch(made: Serving) -> None:
    reader, writer = await asyncio.open_unix_connection(str(path_of(made.data)))
    writer.write(b'{"ask": "follow"}\n')
    async for line in reader:
        event = json.loads(line)
        if event.get("event") == "turn" and event["recognition_ms"]:
            for part in PARTS:
                made.parts[part].append(event[part])
