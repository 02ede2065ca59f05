"""The command ``voicebot``: one verb a file in ``voicebot/cli``, imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from voicebot.cli.common import add_common
from voicebot.errors import AgendaError, VoicebotError

VERBS = {
    "demo": "start everything and let a synthetic patient call and book",
    "serve": "run the service: SIP, WebRTC, the desk",
    "chat": "play the dialogue of a phone call in text",
    "when": "read a French time expression",
    "transcribe": "recognise sound files with the recogniser of a call",
    "say": "speak a text into a sound file with the voice of a call",
    "slots": "list the slots that the assistant may book",
    "explain": "say whether a time is bookable and which rule decides",
    "appointments": "list, book, move or cancel appointments",
    "patient": "add, find, export or erase a patient",
    "calls": "list the events of calls, or follow them live",
    "practice": "check the practice's file",
    "models": "list, fetch, verify or choose speech models",
    "key": "make, protect, change or recover the key of the database",
    "purge": "delete what has served its time",
    "audit": "verify the trail of who read or changed what, or show it",
    "backup": "write an encrypted, verified copy of the database",
    "restore": "put a backup in the place of the database",
    "papers": "write the papers that a practice owes (register entry, notices, announcement)",
    "doctor": "say what this machine has, lacks and enforces",
}
"""Each verb with its help line; the module of the same name has ``configure(parser)`` and ``run(args) -> int``."""


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit status: 0 done, 1 a negative answer, 2 wrong use or configuration."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="voicebot", description="The phone assistant of a French medical practice.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    chosen = next((word for word in arguments if word in VERBS), None)
    for verb, line in VERBS.items():
        sub = verbs.add_parser(verb, help=line, description=line[0].upper() + line[1:] + ".")
        if verb == chosen:
            add_common(sub)
            importlib.import_module(f"voicebot.cli.{verb}").configure(sub)
    args = parser.parse_args(arguments)
    try:
        status = importlib.import_module(f"voicebot.cli.{args.verb}").run(args)
        return int(status)
    except AgendaError as error:
        print(f"voicebot: {error}", file=sys.stderr)
        return 1
    except VoicebotError as error:
        print(f"voicebot: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
