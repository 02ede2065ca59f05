"""Counts for a monitoring system, in Prometheus' text format, on loopback only.

Only counts leave: every label comes from a closed set, and whatever an event says beyond them is counted as
``other`` or not at all. The registry is our own, so that nothing about the process, the machine or its user is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_asgi_app
from starlette.types import ASGIApp

from voicebot.ports import Outcome

KINDS = ("sip", "webrtc")
PARTS = ("silence", "recognition", "dialogue", "synthesis")
TRANSFERS = ("started", "answered", "failed")
MILLISECONDS = (50, 100, 200, 400, 800, 1600, 3200)


class Metrics:
    """Counts the journal's events: give :meth:`take` to ``Journal.listen``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._calls = Counter("voicebot_calls", "Calls that were answered", ["kind"], registry=self.registry)
        self._active = Gauge("voicebot_calls_active", "Calls under way", registry=self.registry)
        self._outcomes = Counter("voicebot_outcomes", "How calls ended", ["outcome"], registry=self.registry)
        self._heard = Counter("voicebot_utterances", "Utterances heard", ["recognised"], registry=self.registry)
        self._keys = Counter("voicebot_keys", "Keys pressed", registry=self.registry)
        self._transfers = Counter("voicebot_transfers", "Transfers", ["state"], registry=self.registry)
        self._times = Histogram(
            "voicebot_turn_milliseconds",
            "Where the time of a turn went",
            ["part"],
            registry=self.registry,
            buckets=MILLISECONDS,
        )
        self._open: set[str] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event of a call."""
        match event["event"]:
            case "answered":
                self._calls.labels(_one_of(event.get("kind"), KINDS)).inc()
                self._open.add(event["call"])
            case "ended":
                self._open.discard(event["call"])
            case "outcome":
                self._outcomes.labels(_one_of(event.get("outcome"), get_args(Outcome))).inc()
            case "heard":
                self._heard.labels("no" if event.get("rejected") else "yes").inc()
            case "key":
                self._keys.inc()
            case "transfer":
                self._transfers.labels(_one_of(event.get("state"), TRANSFERS)).inc()
            case "turn":
                for part in PARTS:
                    if isinstance(value := event.get(f"{part}_ms"), (int, float)):
                        self._times.labels(part).observe(value)
        self._active.set(len(self._open))

    def app(self) -> ASGIApp:
        """What answers ``GET /metrics``."""
        app: ASGIApp = make_asgi_app(self.registry)
        return app


def _one_of(value: object, known: tuple[str, ...]) -> str:
    return str(value) if value in known else "other"
