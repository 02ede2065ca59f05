"""Serve the trained model on loopback: ``python -m assistant.serve``, started by ``voicebot/processes/rasa.py``.

Settings come as one JSON line on stdin: ``model``, ``fd`` (a socket bound to loopback) and ``secret``, so the secret
stands neither in the arguments nor in the environment. Rasa unpacks the model beneath TMPDIR, which the parent
removes. ``{"ready": true}`` is printed once it listens, or ``{"error": ...}``; it ends when stdin closes, so it never
outlives its parent.

Not ``rasa run``: its HTTP API can load models from elsewhere (CVE-2024-49375), its ``rest`` channel answers without a
token, its logs print texts, and it needs 30 s to start. This is Rasa's own Agent, with its NLU graph, rules and
policies, behind one route.

``POST /turn`` with header ``X-Voicebot-Secret`` and ``{"text", "asks", "conversation"}`` answers
``{"intent", "confidence", "ranking", "entities", "route"}``; ``GET /health`` with the same header answers
``{"status": "ok"}``. 403 without the secret, 400 for a malformed request, 500 with the exception's type if Rasa
fails.

**Rasa understands and routes; it does not call back.** The rules and the policy choose one response of ``domain.yml``,
whose ``custom`` payload is the route. So there is no action server: nothing that can be down while the answer is still
200 with an empty list, and one round trip a turn. Slots, negotiation and confirmation stay in the application, which
alone knows the call; nothing is kept here between two messages.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from assistant import lean

MAX_TEXT = 500
"""Characters of one utterance that are read; a spoken turn is far shorter."""

MAX_BODY = 16 * 1024
"""Bytes of one request."""


def load_agent(model: Path) -> Any:
    """Rasa's agent over one model file; what it unpacks beneath TMPDIR is removed."""
    from rasa.core.agent import Agent

    from assistant.tracker_store import NullTrackerStore

    with tempfile.TemporaryDirectory() as unpacked:
        tempfile.tempdir = unpacked
        agent = Agent.load(str(model), tracker_store=NullTrackerStore(domain=None))
        tempfile.tempdir = None
    return agent


async def take_turn(agent: Any, text: str, asks: str | None, conversation: str) -> dict[str, Any]:
    """Understand one utterance and let the rules choose its route.

    Raises:
        RuntimeError: no rule or policy chose a route.
    """
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    text = text.strip().lstrip("/").strip()[:MAX_TEXT]
    output = CollectingOutputChannel()
    message = UserMessage(text, output, conversation, input_channel="voicebot", metadata={"asks": asks})
    message.parse_data = await agent.processor.parse_message(message)
    await agent.handle_message(message)
    routes = [sent["custom"]["route"] for sent in output.messages if "custom" in sent]
    if len(routes) != 1:
        raise RuntimeError("no single route was chosen")
    return answer(message.parse_data, routes[0])


def answer(parsed: dict[str, Any], route: str) -> dict[str, Any]:
    """The body of an answer from Rasa's parse data; Rasa's ``nlu_fallback`` is called ``no_understanding``."""
    intent = parsed["intent"]
    ranking = [item for item in parsed.get("intent_ranking") or [] if item["name"] != "nlu_fallback"]
    understood = intent["name"] not in (None, "nlu_fallback")
    confidence = intent["confidence"] if understood else max((item["confidence"] for item in ranking), default=0.0)
    return {
        "intent": intent["name"] if understood else "no_understanding",
        "confidence": round(float(confidence), 4),
        "ranking": [[item["name"], round(float(item["confidence"]), 4)] for item in ranking],
        "entities": [
            {"name": entity["entity"], "value": entity["value"], "start": entity["start"], "end": entity["end"]}
            for entity in parsed.get("entities") or []
        ],
        "route": route,
    }


def build_app(agent: Any, secret: str) -> Any:
    """The Sanic application with its two routes."""
    from sanic import Sanic
    from sanic.response import json as reply

    from assistant.quiet import log

    app = Sanic("voicebot-dialogs", configure_logging=False)
    app.config.update(REQUEST_MAX_SIZE=MAX_BODY, KEEP_ALIVE_TIMEOUT=600, FALLBACK_ERROR_FORMAT="json")
    # uvloop works through io_uring, by which a file could be written without a system call that a trace shows.
    app.config.USE_UVLOOP = False

    @app.after_server_start
    async def announce(app: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), end_with_parent)
        print(json.dumps({"ready": True}), flush=True)

    @app.on_request
    async def authenticate(request: Any) -> Any:
        given = request.headers.get("x-voicebot-secret", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return reply({"error": "forbidden"}, status=403)
        return None

    @app.get("/health")
    async def health(request: Any) -> Any:
        return reply({"status": "ok"})

    @app.post("/turn")
    async def turn(request: Any) -> Any:
        body = request.json
        match body:
            case {"text": str(text), "conversation": str(conversation)} if conversation:
                asks = body.get("asks")
            case _:
                return reply({"error": "malformed"}, status=400)
        if asks is not None and not isinstance(asks, str):
            return reply({"error": "malformed"}, status=400)
        try:
            return reply(await take_turn(agent, text, asks, conversation))
        except Exception as error:
            log.error("a turn failed: %s", type(error).__name__)
            return reply({"error": type(error).__name__}, status=500)

    return app


def end_with_parent() -> None:
    """Leave when the parent has closed our stdin; there is nothing to save."""
    if not os.read(sys.stdin.fileno(), 1024):
        os._exit(0)


def main() -> int:
    """Load the model and serve until stdin closes or a signal comes."""
    settings = json.loads(sys.stdin.buffer.raw.readline() or b"{}")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    lean.install()
    from assistant import quiet

    quiet.configure()
    try:
        agent = load_agent(Path(settings["model"]))
        app = build_app(agent, settings["secret"])
    except Exception as error:
        print(json.dumps({"error": f"Rasa could not load its model: {type(error).__name__}: {error}"}), flush=True)
        return 2
    quiet.configure()
    app.run(
        sock=socket.socket(fileno=settings["fd"]),
        single_process=True,
        register_sys_signals=False,
        access_log=False,
        motd=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
