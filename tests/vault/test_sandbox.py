"""A process that restricted itself can read, and write nothing, from any thread."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from voicebot.vault.seccomp import MACHINES

ATTEMPTS = """
import ctypes, os, socket, tempfile, mmap

def attempts(folder, victim):
    '''Name and call of each way to leave bytes behind.'''
    libc = ctypes.CDLL(None, use_errno=True)
    def native(result):
        if result < 0:
            raise OSError(ctypes.get_errno(), "native")
    return {
        "create": lambda: open(f"{folder}/new", "wb"),
        "write": lambda: open(victim, "r+b"),
        "append": lambda: open(victim, "ab"),
        "truncate by path": lambda: os.truncate(victim, 0),
        "truncate by open": lambda: os.open(victim, os.O_RDONLY | os.O_TRUNC),
        "rename": lambda: os.rename(victim, f"{folder}/renamed"),
        "rename elsewhere": lambda: os.rename(victim, f"{folder}/sub/renamed"),
        "hard link": lambda: os.link(victim, f"{folder}/sub/linked"),
        "symbolic link": lambda: os.symlink(victim, f"{folder}/symbolic"),
        "unlink": lambda: os.unlink(victim),
        "mkdir": lambda: os.mkdir(f"{folder}/made"),
        "rmdir": lambda: os.rmdir(f"{folder}/sub"),
        "fifo": lambda: os.mkfifo(f"{folder}/fifo"),
        "unix socket": lambda: socket.socket(socket.AF_UNIX).bind(f"{folder}/socket"),
        "unnamed file": lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR),
        "temporary file": lambda: tempfile.TemporaryFile(),
        "shared memory": lambda: open("/dev/shm/voicebot-test", "wb"),
        "through /proc": lambda: open(f"/proc/self/cwd/{os.path.relpath(victim)}", "wb"),
        "another's memory": lambda: open(f"/proc/{os.getppid()}/mem", "r+b"),
        "libc creat": lambda: native(libc.creat(f"{folder}/native".encode(), 0o600)),
    }

def run(folder, victim):
    outcome = {}
    for name, attempt in attempts(folder, victim).items():
        try:
            attempt()
        except OSError as error:
            outcome[name] = error.errno
        else:
            outcome[name] = 0
    return outcome
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "victim").write_bytes(b"content")
    return tmp_path


def restricted(folder: Path, program: str) -> dict[str, object]:
    """Run ``program`` in a process of its own; its variable ``result`` comes back."""
    source = ATTEMPTS + textwrap.dedent(program) + "\nimport json; print(json.dumps(result))\n"
    arguments = [sys.executable, "-c", source, str(folder), str(folder / "victim")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def kernel_has_landlock(folder: Path) -> bool:
    report = restricted(folder, "from voicebot.vault.sandbox import restrict; result = {'abi': restrict().landlock}")
    return bool(report["abi"])


@pytest.fixture
def landlock(folder: Path) -> None:
    if not kernel_has_landlock(folder):
        pytest.skip("this kernel has no Landlock, as the report says")


def assert_all_refused(outcome: dict[str, object], folder: Path) -> None:
    allowed = [name for name, errno in outcome.items() if errno == 0]
    assert allowed == []
    assert sorted(os.listdir(folder)) == ["sub", "victim"]
    assert os.listdir(folder / "sub") == []
    assert (folder / "victim").read_bytes() == b"content"


def test_without_the_sandbox_most_attempts_succeed(folder: Path) -> None:
    outcome = restricted(folder, "import sys; result = run(*sys.argv[1:])")
    assert [name for name, errno in outcome.items() if errno == 0].__len__() >= 14
    os.unlink("/dev/shm/voicebot-test")


@pytest.mark.usefixtures("landlock")
def test_every_attempt_is_refused_in_the_main_thread(folder: Path) -> None:
    outcome = restricted(
        folder, "import sys; from voicebot.vault.sandbox import restrict; restrict(); result = run(*sys.argv[1:])"
    )
    assert_all_refused(outcome, folder)


@pytest.mark.usefixtures("landlock")
def test_every_attempt_is_refused_in_a_python_thread(folder: Path) -> None:
    program = """
        import sys, threading
        from voicebot.vault.sandbox import restrict
        restrict()
        result = {}
        worker = threading.Thread(target=lambda: result.update(run(*sys.argv[1:])))
        worker.start(); worker.join()
    """
    assert_all_refused(restricted(folder, program), folder)


@pytest.mark.usefixtures("landlock")
def test_a_native_thread_is_refused_as_well(folder: Path) -> None:
    # pthread_create runs libc's creat() itself: no Python in that thread.
    program = """
        import sys, ctypes
        from voicebot.vault.sandbox import restrict
        restrict()
        libc = ctypes.CDLL(None)
        result = {}
        for name, path in (("creat", f"{sys.argv[1]}/native"), ("mkdir", None)):
            function = libc.creat if path else libc.rmdir
            argument = (path or f"{sys.argv[1]}/sub").encode()
            thread, returned = ctypes.c_ulong(), ctypes.c_void_p()
            assert libc.pthread_create(ctypes.byref(thread), None, function, ctypes.c_char_p(argument)) == 0
            libc.pthread_join(thread, ctypes.byref(returned))
            result[name] = (returned.value or 0) & 0xFFFFFFFF
    """
    outcome = restricted(folder, program)
    assert outcome["creat"] == outcome["mkdir"] == 0xFFFFFFFF
    assert_all_refused({}, folder)


@pytest.mark.usefixtures("landlock")
def test_every_attempt_is_refused_after_the_media_libraries_were_loaded(folder: Path) -> None:
    program = """
        import sys
        from voicebot.vault.sandbox import restrict
        restrict()
        import numpy, av
        numpy.ones((300, 300)) @ numpy.ones((300, 300))
        result = run(*sys.argv[1:])
        try:
            numpy.ones(8).tofile(f"{sys.argv[1]}/array")
        except OSError as error:
            result["numpy tofile"] = error.errno
        try:
            sound = av.open(f"{sys.argv[1]}/sound.wav", "w")
            sound.add_stream("pcm_s16le", rate=8000)
            sound.start_encoding()
        except OSError as error:
            result["av open"] = error.errno
    """
    outcome = restricted(folder, program)
    assert {"numpy tofile", "av open"} <= outcome.keys()
    assert_all_refused(outcome, folder)


@pytest.mark.usefixtures("landlock")
def test_a_child_process_inherits_the_restriction(folder: Path) -> None:
    program = """
        import sys, subprocess
        from voicebot.vault.sandbox import restrict
        restrict()
        result = {"touch": subprocess.run(["touch", f"{sys.argv[1]}/child"], stderr=subprocess.DEVNULL).returncode}
    """
    assert restricted(folder, program)["touch"] != 0
    assert_all_refused({}, folder)


def test_reading_and_sockets_still_work(folder: Path) -> None:
    program = """
        import sys, socket, os
        listener = socket.socket(socket.AF_UNIX); listener.bind(f"{sys.argv[1]}/listening"); listener.listen()
        from voicebot.vault.sandbox import restrict
        restrict()
        caller = socket.socket(socket.AF_UNIX); caller.connect(f"{sys.argv[1]}/listening")
        caller.send(b"hello")
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagram.bind(("127.0.0.1", 0))
        result = {
            "read": open(sys.argv[2]).read(),
            "list": "victim" in os.listdir(sys.argv[1]),
            "socket": listener.accept()[0].recv(9).decode(),
            "port": datagram.getsockname()[1] > 0,
            "null": open("/dev/null", "w").write("x"),
        }
    """
    outcome = restricted(folder, program)
    assert outcome == {"read": "content", "list": True, "socket": "hello", "port": True, "null": 1}


@pytest.mark.usefixtures("landlock")
def test_processes_outside_are_out_of_reach(folder: Path) -> None:
    name = f"\0voicebot-test-{os.getpid()}"
    program = f"""
        import ctypes, os, signal, socket
        from voicebot.vault.sandbox import restrict
        result = {{"abi": restrict().landlock}}
        PTRACE_ATTACH = 16
        def tried(name, attempt):
            try:
                attempt()
            except OSError as error:
                result[name] = error.errno
            else:
                result[name] = 0
        def attach():
            if ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_ATTACH, os.getppid(), 0, 0):
                raise OSError(ctypes.get_errno(), "ptrace")
        tried("connect", lambda: socket.socket(socket.AF_UNIX).connect({name!r}))
        tried("signal", lambda: os.kill(os.getppid(), signal.SIGCONT))
        tried("itself", lambda: os.kill(os.getpid(), signal.SIGCONT))
        tried("trace", attach)
    """
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(name)
        outside.listen()
        found = restricted(folder, program)
    assert found["trace"] == errno.EPERM
    assert found["itself"] == 0
    if int(str(found["abi"])) < 6:
        pytest.skip("Landlock governs sockets and signals from Linux 6.12 on")
    assert found["connect"] == found["signal"] == errno.EPERM


def test_a_process_that_needs_no_network_makes_no_socket_but_a_unix_one(folder: Path) -> None:
    program = """
        import ctypes, socket, subprocess, sys, threading
        from voicebot.vault.sandbox import restrict
        given = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        given.bind(("127.0.0.1", 0))
        report = restrict(network=False)
        result = {"holds": report.no_network}
        def tried(name, *kind):
            try:
                socket.socket(*kind).close()
            except OSError as error:
                result[name] = error.errno
            else:
                result[name] = 0
        tried("udp", socket.AF_INET, socket.SOCK_DGRAM)
        tried("udp6", socket.AF_INET6, socket.SOCK_DGRAM)
        tried("tcp", socket.AF_INET, socket.SOCK_STREAM)
        tried("netlink", socket.AF_NETLINK, socket.SOCK_RAW)
        tried("unix", socket.AF_UNIX, socket.SOCK_STREAM)
        socket.socketpair()
        libc = ctypes.CDLL(None, use_errno=True)
        result["io_uring"] = 0 if libc.syscall(425, 1, ctypes.create_string_buffer(256)) >= 0 else ctypes.get_errno()
        thread = threading.Thread(target=tried, args=("thread", socket.AF_INET, socket.SOCK_DGRAM))
        thread.start(); thread.join()
        child = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        result["child"] = subprocess.run([sys.executable, "-c", child], stderr=subprocess.DEVNULL).returncode
        result["given"] = given.sendto(b"x", given.getsockname())
    """
    found = restricted(folder, program)
    if platform.machine() not in MACHINES:
        assert found["holds"] is False
        pytest.skip("the filter is not known for this processor, as the report says")
    refused = dict.fromkeys(("udp", "udp6", "tcp", "netlink", "io_uring", "thread"), errno.EACCES)
    assert found == {"holds": True, **refused, "unix": 0, "child": 1, "given": 1}


def test_a_process_that_needs_the_network_keeps_it(folder: Path) -> None:
    program = """
        import socket
        from voicebot.vault.sandbox import restrict
        result = {"holds": restrict().no_network, "tcp": socket.socket(socket.AF_INET).fileno() > 0}
    """
    assert restricted(folder, program) == {"holds": False, "tcp": True}


def test_memory_is_protected_where_files_may_be_written(folder: Path) -> None:
    program = """
        import ctypes, resource
        from voicebot.vault.sandbox import protect_memory
        protect_memory()
        result = {"core": resource.getrlimit(resource.RLIMIT_CORE), "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)}
    """
    assert restricted(folder, program) == {"core": [0, 0], "dumpable": 0}


def test_the_report_says_what_holds(folder: Path) -> None:
    program = """
        import dataclasses
        from voicebot.vault.sandbox import restrict
        log = open("log", "w")
        report = restrict()
        result = {**dataclasses.asdict(report), "problems": report.problems, "log": log.fileno() in report.inherited}
    """
    report = restricted(folder, program)
    assert report["no_new_privs"] is report["no_core_dump"] is report["not_dumpable"] is True
    assert report["log"] is True
    if report["landlock"]:
        assert report["refused"] is True
        assert report["problems"] == []
    else:
        assert "Landlock" in str(report["problems"])


def test_it_refuses_to_come_too_late(folder: Path) -> None:
    program = """
        import threading
        from voicebot.errors import UnavailableError
        from voicebot.vault.sandbox import restrict
        wait = threading.Event()
        worker = threading.Thread(target=wait.wait); worker.start()
        try:
            restrict()
        except UnavailableError as error:
            result = {"error": str(error)}
        wait.set()
    """
    assert "too late" in str(restricted(folder, program)["error"])


def test_only_a_character_device_may_stay_writable(folder: Path) -> None:
    program = """
        import sys
        from voicebot.errors import ConfigurationError
        from voicebot.vault.sandbox import restrict
        try:
            restrict(devices=[sys.argv[2]])
        except ConfigurationError as error:
            result = {"error": str(error)}
        else:
            result = {"error": "no Landlock"}
    """
    assert "character device" in str(restricted(folder, program)["error"]) or not kernel_has_landlock(folder)
