"""What of a trace breaks the rules, on traces written by hand: each breach is seen, and what is lawful is not."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from voicebot.proof.rules import Policy, judge, written_files
from voicebot.proof.trace import Trace

SPEECH, VOICEBOT, RASA = 20, 10, 30
READY = 100.0

RESTRICTED = "20 1.0 landlock_restrict_self(3<anon_inode:[landlock-ruleset]>, 0) = 0"


def findings(*lines: str, data: Path = Path("/data"), restricted: bool = True) -> list[str]:
    policy = Policy(
        roles={SPEECH: "speech", VOICEBOT: "voicebot", RASA: "rasa"},
        data=data,
        logs=frozenset({"/log"}),
        scratch=Path("/scratch"),
        ready_at=READY,
        networks=[ip_network("10.1.0.0/16")],
        sockets=("/run/",),
    )
    trace = Trace.parse([*([RESTRICTED] if restricted else []), *lines])
    return [f"{finding.kind}: {finding.where}" for finding in judge(trace, policy)]


def test_a_call_that_was_cut_in_two_is_joined_and_given_its_process() -> None:
    trace = Trace.parse(
        [
            "20 5.0 clone3({flags=CLONE_VM|CLONE_THREAD|CLONE_SETTLS, exit_signal=0}, 88) = 21",
            '21 6.0 openat(AT_FDCWD</>, "/x", O_WRONLY|O_CREAT, 0666 <unfinished ...>',
            '20 6.5 write(2</log>, ""..., 9) = 9',
            "21 7.0 <... openat resumed>)             = 4</x>",
            "21 8.0 +++ killed by SIGSEGV (core dumped) +++",
        ]
    )
    opened = next(call for call in trace.calls if call.name == "openat")
    assert (opened.thread, opened.process, opened.at, opened.path) == (21, 20, 6.0, "/x")
    assert trace.deaths[0].process == 20
    assert trace.deaths[0].dumped


@pytest.mark.parametrize(
    "line",
    [
        '20 200.0 write(2</log>, ""..., 60) = 60',
        '20 200.0 openat(AT_FDCWD</>, "/nowhere/x", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)',
        '20 200.0 openat(AT_FDCWD</>, "/dev/null", O_RDWR) = 4</dev/null>',
        '20 200.0 openat(AT_FDCWD</>, "/model.bin", O_RDONLY|O_CLOEXEC) = 4</model.bin>',
        "20 200.0 mmap(NULL, 99, PROT_READ, MAP_SHARED, 4</model.bin>, 0) = 0x7f0000000000",
        '20 200.0 sendto(5<socket:[1]>, ""..., 640, 0, NULL, 0) = 640',
        '20 200.0 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/mind.sock"}, 110) = 0',
        '10 200.0 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 9) = -1 ENOENT (No)',
        "10 200.0 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(99), "
        'sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        '10 200.0 sendto(5<socket:[1]>, ""..., 9, 0, {sa_family=AF_INET, sin_port=htons(5060), '
        'sin_addr=inet_addr("10.1.2.3")}, 16) = 9',
        '10 200.0 pwrite64(7</data/voicebot.db-wal>, ""..., 4096, 0) = 4096',
        "10 200.0 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, 7</data/voicebot.db-shm>, 0) = 0x7f0000000000",
        '10 200.0 write(7</nowhere/abcd>, ""..., 4) = 4',
        '30 50.0 write(7</scratch/load/intents.json>, ""..., 4000) = 4000',
        '10 200.0 rename("/data/.audit.anchor.7", "/data/audit.anchor") = 0',
        '10 200.0 pwrite64(7</data/backups/.voicebot-2026.db.part-journal>, ""..., 512, 0) = 512',
    ],
)
def test_what_is_lawful_is_not_found(line: str) -> None:
    assert findings(line) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            '20 200.0 openat(AT_FDCWD</>, "/nowhere/x", O_WRONLY|O_CREAT, 0666) = 4</nowhere/x>',
            "vanished-file: /nowhere/x",
        ),
        ('20 200.0 write(7</nowhere/abcd>, ""..., 4) = 4', "vanished-file: /nowhere/abcd"),
        ('10 200.0 write(7</nowhere/abcd>, ""..., 400) = 400', "vanished-file: /nowhere/abcd"),
        ('10 200.0 write(7</nowhere/#99>(deleted), ""..., 400) = 400', "vanished-file: /nowhere/#99(deleted)"),
        ('30 200.0 write(7</scratch/load/x>, ""..., 4000) = 4000', "vanished-file: /scratch/load/x"),
        (
            "10 200.0 copy_file_range(4</model>, NULL, 7</nowhere/abcd>, NULL, 9999, 0) = 9999",
            "vanished-file: /nowhere/abcd",
        ),
        ('20 200.0 rename("/data/a", "/data/b") = 0', "file: speech"),
        ('10 200.0 rename("/data/a", "/elsewhere") = 0', "file: voicebot"),
        ('10 200.0 link("/data/a", "/data/b") = 0', "file: voicebot"),
        ('20 200.0 setxattr("/a", "user.x", ""..., 9, 0) = 0', "file: speech"),
        ("20 200.0 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, 4</x>, 0) = 0x7f0000000000", "shared-memory: /x"),
        (
            "20 200.0 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
            "shared-memory: anonymous",
        ),
        ('20 200.0 memfd_create(""..., MFD_CLOEXEC) = 7</memfd:x>(deleted)', "shared-memory: speech"),
        ("30 200.0 io_uring_setup(64, {flags=0}) = 5<anon_inode:[io_uring]>", "hidden-write: process 30"),
        (
            '10 200.0 sendto(5<socket:[1]>, ""..., 9, 0, {sa_family=AF_INET, sin_port=htons(99), '
            'sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH (Network is unreachable)',
            "egress: voicebot",
        ),
        (
            "10 200.0 connect(5<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
            'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 EINPROGRESS (Now in progress)',
            "egress: voicebot",
        ),
        (
            '10 200.0 connect(5<socket:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")'
            "}, 16) = 0",
            "look-up: voicebot",
        ),
        (
            '10 200.0 openat(AT_FDCWD</>, "/etc/resolv.conf", O_RDONLY|O_CLOEXEC) = 4</etc/resolv.conf>',
            "look-up: voicebot",
        ),
        ('20 200.0 connect(5<socket:[1]>, {sa_family=AF_UNIX, sun_path=@"x"}, 12) = 0', "egress: speech"),
        ("20 200.0 +++ killed by SIGABRT (core dumped) +++", "core-dump: process 20"),
    ],
)
def test_each_breach_is_found(line: str, found: str) -> None:
    assert found in findings(line)


def test_a_restriction_that_comes_late_or_never_is_found() -> None:
    thread = "20 0.5 clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0}, 88) = 21"
    native = '20 0.6 openat(AT_FDCWD</>, "/site/numpy/x.so", O_RDONLY) = 3</site/numpy/core/x.so>'
    assert findings(thread, RESTRICTED, restricted=False) == ["sandbox: speech"]
    assert findings(native, RESTRICTED, restricted=False) == ["sandbox: speech"]
    assert findings(restricted=False) == ["sandbox: speech"]
    assert findings(thread, native) == []


def test_a_file_that_was_renamed_is_judged_by_its_new_name(tmp_path: Path) -> None:
    write = f'10 50.0 write(7<{tmp_path}/.new>, ""..., 900) = 900'
    rename = f'10 50.1 rename("{tmp_path}/.new", "{tmp_path}/audit.anchor") = 0'  # before calls are taken, too
    assert findings(write, rename, data=tmp_path) == [f"vanished-file: {tmp_path}/audit.anchor"]
    (tmp_path / "audit.anchor").touch()
    assert findings(write, rename, data=tmp_path) == []
    assert findings(write, data=tmp_path) == [f"vanished-file: {tmp_path}/.new"]


def test_only_written_bytes_are_counted() -> None:
    trace = Trace.parse(
        [
            '10 1.0 openat(AT_FDCWD</>, "/a", O_WRONLY|O_CREAT, 0666) = 99</a>',
            '10 1.1 write(99</a>, ""..., 7) = 7',
            '10 1.2 write(99</a>, ""..., 5) = 5',
        ]
    )
    assert written_files(trace) == {"/a": 12}
