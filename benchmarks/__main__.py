"""`make bench`: every benchmark in turn, each in a process of its own. A word on the command line chooses some."""

from __future__ import annotations

import subprocess
import sys

ALL = ("first_call", "dialogue", "speech", "french", "agenda", "desk")
"""Those with minutes of calls (`patients`) or a model to compare (`windows`) are run by name."""


def main() -> int:
    status = 0
    for name in sys.argv[1:] or ALL:
        print(f"\n=== {name}", flush=True)
        status |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
