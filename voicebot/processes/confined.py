"""Run a program that may write beneath one folder only and has no network but the sockets that it is given.

For a program that cannot restrict itself because it runs in another environment, as Rasa does. The restriction comes
before ``exec``, so there is nothing of the program that was not under it: see ``voicebot/vault/sandbox.py``.

The arguments are the folder, and the program with its own arguments.
"""

from __future__ import annotations

import json
import os
import sys

from voicebot.errors import VoicebotError
from voicebot.vault.sandbox import restrict


def argv(folder: str, program: list[str]) -> list[str]:
    """The command line that runs ``program`` confined to ``folder`` (absolute)."""
    return [sys.executable, "-m", "voicebot.processes.confined", folder, *program]


def main() -> None:
    """Restrict this process, then become the program. A refusal is told as a child tells why it cannot run."""
    folder, *program = sys.argv[1:]
    try:
        restrict(folders=[folder], network=False)
    except VoicebotError as error:
        print(json.dumps({"error": f"the program cannot be confined: {error}"}), flush=True)
        sys.exit(2)
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
