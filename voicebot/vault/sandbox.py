"""Take from this process the right to create or change any file. Standard library and ctypes only.

A process that hears calls ``restrict()`` as its first act: single-threaded, before numpy, av or onnxruntime are
imported, because a thread that was started earlier keeps its rights. The restriction cannot be undone and is inherited
by every thread and child process.

What holds afterwards, on a kernel with Landlock (Linux 5.13 and later, https://docs.kernel.org/userspace-api/landlock.html):

- no file, directory, link, socket or device can be created, opened for writing, truncated, renamed, linked or removed,
  whatever its owner or mode says, root included. Binding a Unix socket to a path counts as creating one; connecting
  does not.
- files can still be read, so models load afterwards. Sockets that were inherited or are opened later still work.
- ``/dev/null`` stays writable (it keeps nothing), and so do character devices and the folders that the caller names.
- where the caller wants no network, no socket but a Unix one can be made (``seccomp.py``), and no TCP port can be bound
  or connected to (Linux 6.7 and later); sockets that it was given stay.
- processes outside can be sent no signal, and abstract Unix sockets of theirs cannot be connected to (Linux 6.12 and
  later); their memory can be neither read nor written.
- ``no_new_privs``: executing a set-user-id program gains nothing.
- no core dump, and no other process of the same user may read this one's memory (RLIMIT_CORE 0, PR_SET_DUMPABLE 0).
- memory that is freed is overwritten (glibc's M_PERTURB; what its per-thread caches hold, at most seven pieces of each
  size up to 1 KiB, is overwritten by the next use), and memory is never swapped where the limit on locking allows it.

What it does not govern: descriptors that were already open for writing (the report lists the regular files among them),
chmod, chown, timestamps and extended attributes, memory (memfd, System V), UDP of a caller that wants the network, and
swap where memory may not be locked: the service unit does that with ``MemorySwapMax=0`` and ``LimitMEMLOCK=infinity``.
"""

from __future__ import annotations

import ctypes
import os
import resource
import stat
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.vault.seccomp import refuse_networks

# The same numbers on every architecture (they were added after the tables were unified).
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_WRITE_FILE = 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
"""REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM."""
_REFER = 1 << 13
"""Linking or renaming into another directory; ABI 2. Kernels before it always refuse that."""
_TRUNCATE = 1 << 14
"""ABI 3. Before it, ``truncate(2)`` on a path could still empty an existing file."""
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
"""ABI 4. Before it, TCP is not governed."""
_SCOPE = 1 << 0 | 1 << 1
"""Abstract Unix sockets and signals of processes that are not restricted with this one; ABI 6."""

_M_PERTURB = -6
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_OVERWRITE = 0xA5

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 3, 4, 38, 39


@dataclass(frozen=True)
class Report:
    """What holds in this process, observed after the restriction."""

    landlock: int
    """ABI version of the kernel's Landlock that is enforced; 0 where the kernel has none."""
    refused: bool
    """Creating a file was tried and refused."""
    no_new_privs: bool
    no_core_dump: bool
    not_dumpable: bool
    memory_locked: bool
    """No page of this process is ever swapped."""
    freed_overwritten: bool
    """The allocator overwrites what is freed."""
    inherited: tuple[int, ...]
    """Descriptors of regular files that were already open for writing, as a log on standard error may be."""
    no_network: bool
    """No socket but a Unix one can be made; False where the network was left, or the filter cannot be had here."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What does not hold, one sentence each; empty when everything does."""
        found = []
        if not self.landlock:
            found.append(
                "no Landlock in this kernel: nothing keeps this process from writing files (Linux 5.13 has it)"
            )
        elif self.landlock < 3:
            found.append("this kernel's Landlock cannot refuse truncate(2) (Linux 6.2 can)")
        if self.landlock and not self.refused:
            found.append("a file could be created in spite of Landlock")
        if not self.no_new_privs:
            found.append("no_new_privs is not set")
        if not self.no_core_dump:
            found.append("core dumps are possible")
        if not self.not_dumpable:
            found.append("other processes of this user may read this process's memory")
        return tuple(found)


def restrict(devices: Iterable[str] = (), *, folders: Iterable[str] = (), network: bool = True) -> Report:
    """Restrict this process for good and say what holds.

    Args:
        devices: character devices that stay writable beside ``/dev/null``, for instance a GPU's.
        folders: directories beneath which everything may still be written; a process that hears names none.
        network: whether sockets other than Unix ones may still be made and connected; those that are open stay.

    Raises:
        UnavailableError: another thread runs already (it would keep its rights), or the kernel refused.
        ConfigurationError: ``devices`` names something that is not a character device.
    """
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        raise UnavailableError("restrict() came too late: another thread runs and would keep its rights; call it first")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    abi = max(0, libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_FLAG)))
    if abi:
        _enforce(libc, abi, ["/dev/null", *devices], list(folders), tcp=network)
    protect_memory()
    no_network = not network and refuse_networks()
    return Report(
        landlock=abi,
        refused=_creation_is_refused(),
        no_new_privs=libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        no_core_dump=resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
        not_dumpable=libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
        memory_locked=_lock_memory(libc),
        freed_overwritten=hasattr(libc, "mallopt") and libc.mallopt(_M_PERTURB, _OVERWRITE) == 1,
        inherited=_files_open_for_writing(),
        no_network=no_network,
    )


def protect_memory() -> None:
    """No core dump, and no other process of the same user reads this one's memory; for good, but not beyond ``exec``.

    Raises:
        UnavailableError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(libc, _PR_SET_DUMPABLE, 0)


def _enforce(libc: ctypes.CDLL, abi: int, devices: list[str], folders: list[str], *, tcp: bool) -> None:
    rights = _WRITE_FILE | _REMOVE_AND_MAKE
    rights |= _REFER if abi >= 2 else 0
    rights |= _TRUNCATE if abi >= 3 else 0
    ports = 0 if tcp or abi < 4 else _BIND_TCP | _CONNECT_TCP
    # struct landlock_ruleset_attr: fields that the kernel does not know stay absent, and the size says so.
    fields = [rights, ports, _SCOPE][: 3 if abi >= 6 else 2 if abi >= 4 else 1]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _syscall(libc, _CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    try:
        for device in devices:
            _allow(libc, ruleset, device, rights & (_WRITE_FILE | _TRUNCATE))
        for folder in folders:
            _allow(libc, ruleset, folder, rights, stat.S_ISDIR, "a directory")
        _syscall(libc, _RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _allow(
    libc: ctypes.CDLL,
    ruleset: int,
    path: str,
    rights: int,
    is_kind: Callable[[int], bool] = stat.S_ISCHR,
    kind: str = "a character device",
) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot stay writable: {error.strerror}") from None
    try:
        if not is_kind(os.fstat(handle).st_mode):
            raise ConfigurationError(f"{path} is not {kind}: nothing else may stay writable")
        _add(libc, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle))
    finally:
        os.close(handle)


def _add(libc: ctypes.CDLL, ruleset: int, kind: int, rule: bytes) -> None:
    _syscall(libc, _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(kind), rule, ctypes.c_uint(0))


def _syscall(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise UnavailableError(f"the kernel refused Landlock (call {number}): {os.strerror(ctypes.get_errno())}")
    return result


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0):
        raise UnavailableError(f"the kernel refused prctl({option}): {os.strerror(ctypes.get_errno())}")


def _creation_is_refused() -> bool:
    """Try to make an unnamed file (it would vanish at once) where one can usually be made."""
    for folder in ("/dev/shm", "/tmp", "/var/tmp"):  # noqa: S108 - nothing named is made
        try:
            os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except OSError:
            continue
        return False
    return True


def _lock_memory(libc: ctypes.CDLL) -> bool:
    """Keep every page in memory as it is touched; only without a limit, for beyond one allocations would fail."""
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        return False
    return bool(libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def _files_open_for_writing() -> tuple[int, ...]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            regular = stat.S_ISREG(os.fstat(number).st_mode)
            flags = Path(f"/proc/self/fdinfo/{number}").read_text()
        except OSError:
            continue
        mode = next(int(line.split()[1], 8) for line in flags.splitlines() if line.startswith("flags:"))
        if regular and mode & os.O_ACCMODE != os.O_RDONLY:
            found.append(number)
    return tuple(sorted(found))
