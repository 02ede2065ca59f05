"""No way to a network for a process that needs none: a filter of system calls (seccomp), for good and for its children.

Landlock governs TCP only. Here every new socket but a Unix one is refused, UDP and raw ones included; sockets that the
process was given stay. Standard library and ctypes only. https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import NamedTuple

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13
"""SECCOMP_RET_ALLOW, and SECCOMP_RET_ERRNO with EACCES."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""BPF: load a word of struct seccomp_data; jump if it is equal, or at least; end."""

_NUMBER, _ARCHITECTURE, _FIRST = 0, 4, 16
"""Where in struct seccomp_data the call's number, its architecture and the low word of its first argument lie."""

_AF_UNIX = 1
_IO_URING_SETUP = 425
"""The same everywhere; io_uring opens sockets without a system call that a filter sees."""
_X32 = 0x40000000
"""Numbers from here on are those of x86-64's second table."""


class _Machine(NamedTuple):
    audit: int
    """AUDIT_ARCH of the native calls."""
    socket: int


MACHINES = {"x86_64": _Machine(0xC000003E, 41), "aarch64": _Machine(0xC00000B7, 198)}


def refuse_networks() -> bool:
    """Refuse every new socket but Unix ones; whether that holds now. ``no_new_privs`` must be set."""
    machine = MACHINES.get(platform.machine())
    if machine is None or sys.byteorder != "little" or sys.maxsize < 2**32:
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, filter_, 0, 0) == 0) and _is_refused()


def _program(machine: _Machine) -> bytes:
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, 7, machine.audit),  # calls of another architecture: refused
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 5, 0, _X32),
        (_EQUAL, 4, 0, _IO_URING_SETUP),
        (_EQUAL, 0, 2, machine.socket),
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 0, 1, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _is_refused() -> bool:
    """Try a datagram socket, which Landlock would let pass."""
    libc = ctypes.CDLL(None, use_errno=True)
    tried = libc.socket(2, 2, 0)
    if tried >= 0:
        os.close(tried)
    return bool(tried < 0)
