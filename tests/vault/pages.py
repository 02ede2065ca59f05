"""Every page of a SQLCipher file as it is in clear: free pages, gaps in pages and the write-ahead log included.

SQLCipher 4 with a raw key: pages of 4096 bytes, AES-256-CBC, the last 80 bytes of each are its IV (16) and HMAC (64);
the first page begins with the salt in the place of its first 16 bytes.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, RESERVED, SALT = 4096, 80, 16
WAL_HEADER, FRAME_HEADER = 32, 24


def decrypted(path: Path, key: bytes) -> bytes:
    content = path.read_bytes()
    pages = [_page(key, content[at : at + PAGE], SALT if at == 0 else 0) for at in range(0, len(content), PAGE)]
    wal = path.with_name(path.name + "-wal")
    log = wal.read_bytes()[WAL_HEADER:] if wal.exists() else b""
    for at in range(0, len(log) - FRAME_HEADER, FRAME_HEADER + PAGE):
        number = int.from_bytes(log[at : at + 4], "big")
        pages.append(_page(key, log[at + FRAME_HEADER : at + FRAME_HEADER + PAGE], SALT if number == 1 else 0))
    return b"".join(pages)


def _page(key: bytes, page: bytes, skip: int) -> bytes:
    if not any(page):
        return b""
    body, iv = page[skip : PAGE - RESERVED], page[PAGE - RESERVED : PAGE - RESERVED + 16]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
