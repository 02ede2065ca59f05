"""A program of another environment that may write in one folder and talk on the socket that it is given only."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from tests.ports import free_port
from voicebot.processes import confined

PROGRAM = """
import json, os, socket, subprocess, sys, threading
own, elsewhere, fd, other, peer = json.loads(sys.argv[1])

def tried(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "done"

def bind(number):
    with socket.socket() as door:
        door.bind(("127.0.0.1", number))

def connect():
    with socket.create_connection(("127.0.0.1", peer), 2):
        pass

def write(folder):
    os.makedirs(folder + "/sub", exist_ok=True)
    with open(folder + "/sub/file", "w") as file:
        file.write("x")

found = {
    "own folder": tried(lambda: write(own)),
    "elsewhere": tried(lambda: write(elsewhere)),
    "remove elsewhere": tried(lambda: os.unlink(elsewhere + "/kept")),
    "read elsewhere": tried(lambda: open(elsewhere + "/kept").read()),
    "own socket": tried(socket.socket(fileno=fd).listen),
    "another socket": tried(lambda: bind(other)),
    "connect": tried(connect),
    "a child of it": subprocess.run(["touch", elsewhere + "/child"], capture_output=True).returncode,
}
thread = threading.Thread(target=lambda: found.update({"a thread": tried(lambda: write(elsewhere))}))
thread.start()
thread.join()
print(json.dumps(found))
"""


def test_a_confined_program_writes_in_its_folder_and_listens_on_its_socket_only(tmp_path: Path) -> None:
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    own.mkdir()
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    with socket.socket() as door, socket.socket() as peer:
        for bound in (door, peer):
            bound.bind(("127.0.0.1", 0))
        peer.listen()
        given = json.dumps([str(own), str(elsewhere), door.fileno(), free_port(), peer.getsockname()[1]])
        command = confined.argv(str(own), [sys.executable, "-c", PROGRAM, given])
        done = subprocess.run(command, capture_output=True, text=True, check=True, pass_fds=[door.fileno()])
    assert json.loads(done.stdout) == {
        "own folder": "done",
        "elsewhere": "PermissionError",
        "remove elsewhere": "PermissionError",
        "read elsewhere": "done",
        "own socket": "done",
        "another socket": "PermissionError",
        "connect": "PermissionError",
        "a child of it": 1,
        "a thread": "PermissionError",
    }
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]


def test_a_folder_that_is_missing_is_told_as_a_child_tells_it(tmp_path: Path) -> None:
    command = confined.argv(str(tmp_path / "missing"), ["/bin/true"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be confined" in json.loads(done.stdout)["error"]
