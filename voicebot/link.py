"""The voicebot's end of one call: what the speech process tells, and what others have to say about the call."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from wyoming.event import Event

from voicebot.errors import UnavailableError
from voicebot.ports import Reply
from voicebot.wire import read_event, write_event

MAX_POSTED = 16
"""Events from elsewhere that may wait; one more means that the call no longer reads them."""


class Link:
    """The voicebot's end of one call's connection with the speech process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._mark = 0
        self._reading: asyncio.Task[Event | None] | None = None
        self._posted: asyncio.Queue[Event] = asyncio.Queue(MAX_POSTED)
        self._posting: asyncio.Task[Event] | None = None

    def post(self, event: Event) -> None:
        """Have an event that another process caused come out of :meth:`event`. Raises UnavailableError when full."""
        try:
            self._posted.put_nowait(event)
        except asyncio.QueueFull:
            raise UnavailableError("the call no longer takes events") from None

    async def event(self, within: float | None = None) -> Event | None:
        """The next event of the speech process, or one that was posted; None when the connection ended.

        Raises:
            TimeoutError: nothing came ``within`` that many seconds.
            ProtocolError: the peer sent something malformed.
        """
        # The read outlives a timeout: cancelling it between header and data would lose the stream's place.
        if self._reading is None:
            self._reading = asyncio.create_task(read_event(self._reader))
        if self._posting is None:
            self._posting = asyncio.create_task(self._posted.get())
        done, _ = await asyncio.wait(
            {self._reading, self._posting}, timeout=within, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            raise TimeoutError
        if self._posting in done:
            posting, self._posting = self._posting, None
            return posting.result()
        reading, self._reading = self._reading, None
        return reading.result()

    def say(self, reply: Reply) -> int:
        """Have a reply spoken; the mark comes back with ``spoken``."""
        self._mark += 1
        data = {
            "mark": self._mark,
            "pieces": list(reply.pieces or (reply.say,)),
            "interruptible": reply.interruptible,
            "asks": reply.asks,
            "hotwords": reply.hotwords,
            "slow": reply.slow,
        }
        write_event(self._writer, "say", data)
        return self._mark

    def hang_up(self, reason: str) -> None:
        """End the call from our side."""
        write_event(self._writer, "hangup", {"reason": reason})

    async def close(self) -> None:
        """Close the connection."""
        for task in (self._reading, self._posting):
            if task is not None:
                task.cancel()
        self._writer.close()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
