"""What the processes of the service may do, and what of a trace breaks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal

from voicebot.proof.findings import Finding
from voicebot.proof.trace import Syscall, Trace

Role = Literal["voicebot", "speech", "telephony", "rasa"]
HEARING: tuple[Role, ...] = ("speech", "telephony")

PROBE = 16
"""Bytes that a file which vanished may have held: Python's tempfile writes four to see whether it can."""

DEVICES = ("/dev/null", "/dev/tty")
LOOK_UPS = ("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf")
"""Files that the C library reads when it looks a host's name up."""
NATIVE = re.compile(r"/(numpy|scipy|av|onnxruntime|ctranslate2|aiortc|pylibsrtp)[./].*\.so")

_DESCRIPTOR = re.compile(r"^\d+<([^>]*)>(\(deleted\))?")
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
_UNIX = re.compile(r'sa_family=AF_UNIX, sun_path=(@?)"([^"]*)"')
_WRITES = frozenset({"write", "writev", "pwrite64", "pwritev", "pwritev2", "copy_file_range", "splice", "sendfile"})
_MAKES = frozenset(
    {"link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "truncate", "mknod", "mknodat"}
)
_MEMORY = frozenset({"shmget", "mq_open", "msgsnd", "process_vm_writev", "memfd_create", "memfd_secret"})


@dataclass(frozen=True)
class Policy:
    """What this run may do."""

    roles: Mapping[int, Role]
    """The service's processes by id; a process that is not named here counts as ``voicebot``."""
    data: Path
    """The data directory: only ``voicebot`` writes there."""
    logs: frozenset[str] = frozenset()
    """Files that standard error was inherited as."""
    scratch: Path | None = None
    """Where Rasa unpacks its model, before calls are taken."""
    ready_at: float = 0.0
    """When calls could be taken, s since the epoch; from then on Rasa writes nothing."""
    networks: Sequence[IPv4Network | IPv6Network] = ()
    """What may be spoken to beside this machine: what the practice's file declares."""
    sockets: tuple[str, ...] = ()
    """Beginnings of the paths of our Unix sockets."""


@dataclass
class _Written:
    """One file that was written."""

    role: Role
    last: float = 0.0
    bytes: int = 0
    roles: set[Role] = field(default_factory=set)


def judge(trace: Trace, policy: Policy) -> list[Finding]:
    """Every breach, in no special order; empty when there is none."""
    found = [
        *_dumps(trace),
        *_sandbox_first(trace, policy),
        *_files(trace, policy),
        *_mappings(trace, policy),
        *_hidden(trace),
        *_network(trace, policy),
    ]
    return list(dict.fromkeys(found))


def written_files(trace: Trace) -> dict[str, int]:
    """Bytes written to each regular file, by path."""
    counted: Counter[str] = Counter()
    for call in trace.calls:
        path = _written_path(call)
        if path is not None:
            counted[path] += (call.result or 0) if call.name in _WRITES else 0
    return dict(counted)


def _role(call: Syscall, policy: Policy) -> Role:
    return policy.roles.get(call.process, "voicebot")


def _dumps(trace: Trace) -> Iterator[Finding]:
    for death in trace.deaths:
        if death.dumped:
            yield Finding("trace", "core-dump", f"process {death.process}", f"{death.signal} wrote a core dump")


def _sandbox_first(trace: Trace, policy: Policy) -> Iterator[Finding]:
    """In a process that hears, the restriction comes before any other thread and before any native library."""
    for process, role in policy.roles.items():
        if role not in HEARING:
            continue
        for call in trace.calls:
            if call.process != process:
                continue
            if call.name == "landlock_restrict_self" and call.done:
                break
            if call.name in ("clone", "clone3") and "CLONE_THREAD" in call.arguments:
                yield Finding("trace", "sandbox", role, "a thread was started before the restriction")
            if call.name == "openat" and call.done and NATIVE.search(call.path):
                yield Finding("trace", "sandbox", role, f"{Path(call.path).name} was loaded before the restriction")
        else:
            yield Finding("trace", "sandbox", role, f"process {process} was never restricted")


def _written_path(call: Syscall) -> str | None:
    """The regular file that a call wrote to or opened for writing, if it did."""
    if not call.done:
        return None
    if call.name in _WRITES:
        text = call.arguments
        if call.name in ("copy_file_range", "splice"):
            text = text.split(", ")[2]
        match = _DESCRIPTOR.match(text)
        path = match[1] + (match[2] or "") if match else ""
    elif call.name in ("open", "openat", "openat2", "creat"):
        if call.name != "creat" and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", call.arguments):
            return None
        path = call.path
    else:
        return None
    if not path.startswith("/") or path.startswith("/memfd:") or path in DEVICES:
        return None
    return path


def _files(trace: Trace, policy: Policy) -> Iterator[Finding]:
    written: dict[tuple[str, Role], _Written] = {}
    renamed: dict[str, str] = {}
    for call in trace.calls:
        role = _role(call, policy)
        if call.name in _MAKES and call.done:
            paths = re.findall(r'"([^"]*)"', call.arguments)
            within = role == "voicebot" and all(path.startswith(f"{policy.data}/") for path in paths)
            if within and call.name.startswith("rename") and len(paths) == 2:
                renamed[paths[0]] = paths[1]  # the data directory's own files are replaced whole
            elif role in HEARING or call.at > policy.ready_at:
                yield Finding("trace", "file", role, f"{call.name} succeeded")
        if call.name.endswith("setxattr") and call.done:
            yield Finding("trace", "file", role, "an extended attribute was written")
        path = _written_path(call)
        if path is not None:
            entry = written.setdefault((path, role), _Written(role))
            entry.last = max(entry.last, call.at)
            if call.name in _WRITES:
                entry.bytes += call.result or 0
    for (first, role), entry in written.items():
        path = renamed.get(first, first)
        if path in policy.logs or _is_ours(path, role, entry, policy):
            continue
        gone = path.endswith("(deleted)") or not Path(path).exists()
        if gone and entry.bytes <= PROBE and role not in HEARING:
            continue
        kind: Literal["vanished-file", "file"] = "vanished-file" if gone else "file"
        yield Finding("trace", kind, path, f"{entry.bytes} bytes written by {role}")


def _is_ours(path: str, role: Role, entry: _Written, policy: Policy) -> bool:
    if role == "voicebot":
        # What is still there is read by the scan; of what is gone, SQLite's own journals alone are lawful.
        beside = rf"{re.escape(str(policy.data))}/(backups/)?"
        if path.endswith("(deleted)") or not Path(path).exists():
            return (
                re.fullmatch(rf"{beside}\.?voicebot[\w-]*\.db(\.part)?(-wal|-shm|-journal)(\(deleted\))?", path)
                is not None
            )
        return re.fullmatch(rf"{beside}[\w.-]+", path) is not None
    if role == "rasa" and entry.last <= policy.ready_at:
        return (policy.scratch is not None and path.startswith(f"{policy.scratch}/")) or "/__pycache__/" in path
    return False


def _mappings(trace: Trace, policy: Policy) -> Iterator[Finding]:
    for call in trace.calls:
        role = _role(call, policy)
        if call.name in _MEMORY and call.done:
            yield Finding("trace", "shared-memory", role, call.name)
        if call.name != "mmap" or not call.done or "MAP_SHARED" not in call.arguments:
            continue
        if "PROT_WRITE" not in call.arguments:
            continue
        target = re.search(r"\d+<([^>]*)>(\(deleted\))?, ", call.arguments)
        path = target[1] if target else "anonymous"
        if role == "voicebot" and path == f"{policy.data}/voicebot.db-shm":
            continue
        yield Finding("trace", "shared-memory", path, f"mapped shared and writable by {role}")


def _hidden(trace: Trace) -> Iterator[Finding]:
    """Ways to write that a trace of system calls does not show."""
    for call in trace.calls:
        if call.name in ("io_uring_setup", "vmsplice") and call.done:
            yield Finding("trace", "hidden-write", f"process {call.process}", f"{call.name} hides what is written")


def _network(trace: Trace, policy: Policy) -> Iterator[Finding]:
    for call in trace.calls:
        if call.name in ("open", "openat") and call.path in LOOK_UPS:
            yield Finding("trace", "look-up", _role(call, policy), f"read {call.path} to look a name up")
        if call.name == "sendmmsg":
            yield Finding("trace", "egress", _role(call, policy), "sendmmsg, whose addresses a trace does not show")
        if call.name == "socket" and re.match(r"AF_(PACKET|VSOCK|BLUETOOTH|CAN|ALG)", call.arguments):
            yield Finding("trace", "egress", _role(call, policy), f"socket {call.arguments.split(',')[0]}")
        if call.name not in ("connect", "bind", "sendto", "sendmsg"):
            continue
        if address := _ADDRESS.search(call.arguments):
            yield from _internet(call, int(address[1]), address[2], policy)
        elif (unix := _UNIX.search(call.arguments)) and call.done:
            path = unix[2]
            if unix[1] or not path.startswith(policy.sockets):
                yield Finding("trace", "egress", _role(call, policy), f"Unix socket {unix[1]}{path}")


def _internet(call: Syscall, port: int, host: str, policy: Policy) -> Iterator[Finding]:
    role = _role(call, policy)
    if port == 53:
        yield Finding("trace", "look-up", role, f"asked {host} for a name")
        return
    address = ip_address(host)
    if address.is_loopback or any(address in network for network in policy.networks):
        return
    if call.name == "bind" and role == "telephony" and address.is_unspecified and policy.networks:
        return
    yield Finding("trace", "egress", role, f"{call.name} {host} port {port}")
