"""A fault that nobody foresaw says its type and place: its text may be a patient's name or a caller's words."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from voicebot.faults import CodesOnly, told

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import asyncio, gc, logging, socket, sys, threading, warnings
import httpx
from fastapi import FastAPI
from voicebot.faults import quiet
from voicebot.servers import PageServer

quiet(logging.WARNING)
app = FastAPI()

@app.get("/")
def page():
    return {}["Quévrain"]

class Dying:
    def __del__(self):
        raise ValueError("Quévrain")

def fail():
    raise ValueError("Quévrain")

async def background():
    fail()

async def main():
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    server = PageServer(app, bound)
    await server.start()
    async with httpx.AsyncClient(timeout=60) as client:
        print((await client.get(f"http://127.0.0.1:{bound.getsockname()[1]}/")).status_code)
    await server.stop()
    task = asyncio.create_task(background())
    await asyncio.wait([task])
    del task
    gc.collect()
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)

asyncio.run(main(), debug=True)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Dying()
warnings.warn("Quévrain")
logging.getLogger("some.library").error("said: Quévrain")
logging.getLogger("voicebot.test").error("call c1: refused")
fail()
"""


def test_a_fault_anywhere_in_a_process_is_told_without_its_text() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "500\n"
    assert done.returncode == 1
    assert "Qu" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert any("uvicorn.error reports: KeyError at <string>:" in line for line in lines)
    assert sum("ValueError at" in line for line in lines) == 5, "task, callback, thread, destructor and the end"
    assert "ERROR some.library reports" in lines
    assert "ERROR call c1: refused" in lines


@pytest.mark.parametrize("process", ["speech", "telephony"])
def test_a_process_that_hears_tells_of_a_fault_without_its_text(process: str) -> None:
    command = [sys.executable, "-m", f"voicebot.processes.{process}"]
    done = subprocess.run(command, input='["Quévrain"]\n', capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode != 0
    assert "Qu" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_only_the_machine_can_have_said_is_told() -> None:
    assert told(ModuleNotFoundError("No module named 'av'")).startswith("ModuleNotFoundError (No module named 'av') at")
    found = told(FileNotFoundError(2, "No such file or directory", "/tmp/Quévrain.toml"))
    assert found == "FileNotFoundError (No such file or directory) at an unknown place"


def test_a_line_of_ours_keeps_its_words_and_says_the_fault_by_its_place() -> None:
    try:
        int("Quévrain")
    except ValueError as error:
        found = told(error)
        record = logging.LogRecord(
            "voicebot.calls", logging.ERROR, __file__, 1, "call %s", ("c1",), (None, error, None)
        )  # type: ignore[arg-type]
    assert found.startswith("ValueError at test_faults.py:")
    assert CodesOnly("%(levelname)s %(message)s").format(record) == f"ERROR call c1: {found}"
