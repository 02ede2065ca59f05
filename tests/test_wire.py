"""Event framing: what is written is read back, and malformed input is an error, never an end of stream."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event

from voicebot.errors import ProtocolError
from voicebot.wire import MAX_PAYLOAD, encode, read_event


def read_all(raw: bytes) -> list[Event]:
    async def run() -> list[Event]:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        events = []
        while (event := await read_event(reader)) is not None:
            events.append(event)
        return events

    return asyncio.run(run())


VALUES = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=50)


@given(
    st.text(min_size=1, max_size=30), st.dictionaries(st.text(max_size=10), VALUES, max_size=5), st.binary(max_size=640)
)
def test_an_event_is_read_as_it_was_written(kind: str, data: dict[str, object], payload: bytes) -> None:
    (event,) = read_all(encode(kind, data, payload or None))
    assert (event.type, event.data, event.payload or b"") == (kind, data, payload)


@pytest.mark.parametrize(
    "raw",
    [
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"type": 3}\n',
        b'{"type": "a", "data": 3}\n',
        b'{"type": "a", "data_length": -1}\n',
        b'{"type": "a", "data_length": true}\n',
        b'{"type": "a", "payload_length": 99999999}\n',
        b'{"type": "a", "payload_length": 10}\nshort',
        b'{"type": "a", "data_length": 2}\n[]',
        b'{"type": "a"',
        b"x" * 100_000 + b"\n",
    ],
)
def test_malformed_input_is_an_error(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_all(raw)


@given(st.binary(max_size=300))
def test_no_input_raises_anything_else(raw: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        read_all(raw)


def test_an_oversized_event_is_not_sent() -> None:
    with pytest.raises(ProtocolError):
        encode("audio-chunk", None, b"\0" * (MAX_PAYLOAD + 1))
