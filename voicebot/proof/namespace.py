"""A network that leads nowhere: a namespace of the proof's own, which has the loopback interface and no route."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
WAYS = (("unshare", "-rn"), ("unshare", "-n"))
"""With a user namespace (anybody may), or without (root may where user namespaces are forbidden)."""


def way() -> Sequence[str] | None:
    """The command that enters such a namespace here, or None where the kernel forbids it."""
    if shutil.which("unshare") is None:
        return None
    for command in WAYS:
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return command
    return None


def enter(arguments: Sequence[str], command: Sequence[str]) -> None:
    """Replace this process by ``arguments`` in a namespace of its own. Returns never."""
    os.execvp(command[0], [*command, *arguments])  # noqa: S606 - our own command line


def raise_loopback() -> None:
    """Bring the loopback interface up; a new namespace has it down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0).ljust(40, b"\0")
        (flags,) = struct.unpack_from("h", fcntl.ioctl(control, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP).ljust(40, b"\0"))


def has_route() -> bool:
    """Whether this process can reach any other machine: some interface beside loopback has a route."""
    routes = [line.split()[0] for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    routes += [line.split()[-1] for line in Path("/proc/net/ipv6_route").read_text().splitlines()]
    return any(name != "lo" for name in routes)
