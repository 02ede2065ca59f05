"""Child processes: started with inherited sockets, awaited until ready, restarted when they die, stopped in time.

A child reads its settings as one JSON line on stdin, says ``{"ready": true, ...}`` (or ``{"error": "..."}``) as a JSON
line on stdout, and ends when its stdin closes, so that no child outlives its parent. Its stderr is ours.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from voicebot.errors import UnavailableError

log = logging.getLogger("voicebot.children")

STOP_SECONDS = 1.5
"""A child that has not ended this long after SIGTERM is killed, s."""

RESTART_DELAYS = (0.2, 1.0, 5.0, 15.0)
"""Pauses before restarts; the last one repeats, s."""


@dataclass
class Spawn:
    """How one incarnation of a child is started."""

    argv: Sequence[str]
    settings: Mapping[str, object] = field(default_factory=dict)
    fds: Sequence[int] = ()
    """File descriptors that the child inherits under the same numbers."""
    env: Mapping[str, str] | None = None
    close_after: Sequence[int] = ()
    """Our copies of descriptors that only the child needs, closed once it runs."""
    folder: Path | None = None
    """A directory of this incarnation's own, removed with all that it left there once it has ended."""


class Child:
    """One supervised child process."""

    def __init__(
        self,
        name: str,
        spawn: Callable[[], Awaitable[Spawn]],
        *,
        ready_within: float,
        on_ready: Callable[[Mapping[str, object]], None] | None = None,
        on_down: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._spawn = spawn
        self._ready_within = ready_within
        self._on_ready = on_ready
        self._on_down = on_down
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Process id of the running incarnation."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the child and wait until it is ready.

        Raises:
            UnavailableError: it died, said why it cannot run, or was not ready in time.
        """
        how = await self._spawn()
        self._folder = how.folder
        self._process = await asyncio.create_subprocess_exec(
            *how.argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=tuple(how.fds),
            env=dict(how.env) if how.env is not None else None,
            # Ctrl-C at the terminal reaches only the parent, which then stops its children in order.
            start_new_session=True,
        )
        for fd in how.close_after:
            os.close(fd)
        if self._process.stdin is None or self._process.stdout is None:
            raise UnavailableError(f"the {self.name} process has no pipes")
        self._process.stdin.write(json.dumps(dict(how.settings)).encode() + b"\n")
        try:
            async with asyncio.timeout(self._ready_within):
                with suppress(ConnectionError):
                    await self._process.stdin.drain()
                line = await self._process.stdout.readline()
        except TimeoutError:
            await self.kill()
            raise UnavailableError(f"the {self.name} process was not ready within {self._ready_within:.0f} s") from None
        try:
            answer = json.loads(line or b"{}")
        except ValueError:
            answer = {}
        if not answer.get("ready"):
            await self.kill()
            raise UnavailableError(answer.get("error") or f"the {self.name} process ended at its start; see above")
        if self._on_ready:
            self._on_ready(answer)

    async def supervise(self) -> None:
        """Restart the child whenever it dies, until :meth:`stop`."""
        failures = 0
        while not self._stopping.is_set():
            if self._process is not None:
                await self._drain(self._process)
                code = await self._end(self._process)
                if self._stopping.is_set():
                    return
                log.error("the %s process ended (%s); it is restarted", self.name, code)
                if self._on_down:
                    self._on_down()
            await asyncio.sleep(RESTART_DELAYS[min(failures, len(RESTART_DELAYS) - 1)])
            try:
                await self.start()
                failures = 0
            except UnavailableError as error:
                failures += 1
                log.error("%s", error)

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        """Swallow what the child prints, so that it never blocks on a full pipe."""
        while process.stdout is not None and await process.stdout.read(4096):
            pass

    async def stop(self) -> None:
        """Ask the child to end, then make it."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._end(process)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the child and whatever it started."""
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> int:
        """Wait for the end of one incarnation and remove what it left; its exit status."""
        code = await process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return code
