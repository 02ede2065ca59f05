"""Port numbers for programs that can only be told one.

Each worker takes its own from below the range that the kernel hands out, so that no other socket of this machine
takes the number between the moment it is found free and the moment the program binds it.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from itertools import count

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
SPAN = 5000
_offsets = count(os.getpid() * 7)


def free_port(together: int = 1) -> int:
    """The first of ``together`` ports in a row that are free on loopback, for UDP and TCP."""
    for _ in range(SPAN):
        port = 10_000 + WORKER * SPAN + next(_offsets) * together % (SPAN - together)
        with ExitStack() as held:
            try:
                for number in range(port, port + together):
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        held.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", number))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free on loopback")
