"""What strace saw: every file, mapping, socket and process of the service, as values.

The contents that pass are never written (``-s 0``): a trace that holds a call would itself be a recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILES = (
    "open,openat,openat2,creat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate,"
    "memfd_create,memfd_secret,mmap,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,tee,vmsplice,"
    "copy_file_range,io_uring_setup,setxattr,lsetxattr,fsetxattr"
)
SOCKETS = "socket,connect,bind,sendto,sendmsg,sendmmsg"
MEMORY = "shmget,mq_open,msgsnd,process_vm_writev,ptrace"
PROCESSES = "clone,clone3,fork,vfork,execve,landlock_restrict_self"

_LINE = re.compile(r"(\d+)\s+(\d+\.\d+)\s(.*)")
_CALL = re.compile(r"(\w+)\((.*)", re.DOTALL)
_RESULT = re.compile(r"^(.*)\)\s*= (-?\d+|0x[0-9a-f]+|\?)(?:<(.*)>(\(deleted\))?)?(?: (E[A-Z0-9]+) .*)?(?: \(.*\))?$")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_NAME = re.compile(r'"([^"]+)"|<(/[^<>]+)>')
_UNFINISHED = " <unfinished ...>"


def strace(output: Path) -> list[str]:
    """The command line that goes before the service's own."""
    calls = ",".join((FILES, SOCKETS, MEMORY, PROCESSES))
    return ["strace", "-f", "-qq", "-y", "-ttt", "-s", "0", "--seccomp-bpf", "-e", f"trace={calls}", "-o", str(output)]


@dataclass(frozen=True)
class Syscall:
    """One system call that returned."""

    thread: int
    process: int
    at: float
    """When it began, s since the epoch."""
    name: str
    arguments: str
    """As strace prints them."""
    result: int | None
    path: str
    """What a returned descriptor stands for, or the empty string."""

    @property
    def done(self) -> bool:
        """Whether it succeeded."""
        return self.result is not None and self.result >= 0


@dataclass(frozen=True)
class Death:
    """A process that a signal killed."""

    process: int
    at: float
    signal: str
    dumped: bool
    """A core dump was written."""


@dataclass(frozen=True)
class Trace:
    """A whole run."""

    calls: Sequence[Syscall]
    deaths: Sequence[Death]

    @classmethod
    def read(cls, path: Path) -> Trace:
        """Read strace's output."""
        with path.open(encoding="utf-8", errors="replace") as file:
            return cls.parse(file)

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Trace:
        """Join the calls that were cut in two and give every thread its process."""
        calls: list[Syscall] = []
        deaths: list[Death] = []
        processes: dict[int, int] = {}
        for thread, at, text in _whole(lines):
            process = processes.setdefault(thread, thread)
            if text.startswith("+++ killed by "):
                deaths.append(Death(process, at, text.split()[3], "core dumped" in text))
                continue
            match = _CALL.match(text)
            result = _RESULT.match(match[2]) if match else None
            if match is None or result is None:
                continue
            number = None if result[2] == "?" else int(result[2], 0)
            deleted = "(deleted)" if result[4] else ""
            name, arguments = match[1], result[1]
            calls.append(Syscall(thread, process, at, name, arguments, number, (result[3] or "") + deleted))
            if name in ("clone", "clone3", "fork", "vfork") and number:
                processes[number] = process if "CLONE_THREAD" in arguments else number
        # A thread may be seen before the call that made it has returned.
        calls = [_with_process(call, processes) for call in calls]
        return cls(calls, [Death(processes.get(d.process, d.process), d.at, d.signal, d.dumped) for d in deaths])


def names_in(trace: str) -> str:
    """The names of files, programs and sockets in a trace, a line each; without its clock, sizes and addresses."""
    return "\n".join(quoted or path for quoted, path in _NAME.findall(trace))


def _with_process(call: Syscall, processes: dict[int, int]) -> Syscall:
    process = processes[call.thread]
    if process == call.process:
        return call
    return Syscall(call.thread, process, call.at, call.name, call.arguments, call.result, call.path)


def _whole(lines: Iterable[str]) -> Iterator[tuple[int, float, str]]:
    """Thread, time and text of each call, in the order in which they returned."""
    begun: dict[int, tuple[float, str]] = {}
    for line in lines:
        match = _LINE.match(line.rstrip("\n"))
        if match is None:
            continue
        thread, at, text = int(match[1]), float(match[2]), match[3]
        if text.endswith(_UNFINISHED):
            begun[thread] = (at, text.removesuffix(_UNFINISHED))
        elif resumed := _RESUMED.match(text):
            start = begun.pop(thread, None)
            if start is not None:
                yield thread, start[0], start[1] + resumed[2]
        else:
            yield thread, at, text
