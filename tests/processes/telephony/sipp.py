"""Scenarios for sipp, a real SIP peer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telephony.media.g711 import CODECS

HEAD = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="call">\n'
COMMON = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:0612345678@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:cabinet@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
"""
NAMES = {8: "PCMA", 0: "PCMU"}


def description(payload_type: int, direction: str = "sendrecv", event: bool = True) -> str:
    """An SDP body of sipp with one G.711 codec."""
    lines = [
        "v=0",
        "o=sipp 1 1 IN IP[local_ip_type] [local_ip]",
        "s=-",
        "c=IN IP[media_ip_type] [media_ip]",
        "t=0 0",
        f"m=audio [rtpstream_audio_port] RTP/AVP {payload_type}{' 101' if event else ''}",
        f"a=rtpmap:{payload_type} {NAMES[payload_type]}/8000",
        *(["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"] if event else []),
        f"a={direction}",
    ]
    return "\n".join(lines) + "\n"


def send(method: str, cseq: int, body: str = "", kind: str = "application/sdp") -> str:
    """One request; within the dialog unless it is the first INVITE."""
    first = method == "INVITE" and cseq == 1
    uri = "sip:cabinet@[remote_ip]:[remote_port]" if first else "[next_url]"
    headers = COMMON.format(method=method, cseq=cseq, to_tag="" if first else "[peer_tag_param]")
    content = f"Content-Type: {kind}\n" if body else ""
    retransmission = "" if method == "ACK" else ' retrans="500"'
    return (
        f"<send{retransmission}><![CDATA[\n\n{method} {uri} SIP/2.0\n{headers}{content}Content-Length: [len]\n\n"
        f"{body}\n]]></send>\n"
    )


def receive(code: int, provisional: bool = True) -> str:
    """One response, with or without the provisional ones that may precede it."""
    waiting = "".join(f'<recv response="{number}" optional="true"/>\n' for number in (100, 180, 183))
    return (waiting if provisional else "") + f'<recv response="{code}" rrs="true"/>\n'


def answer(method: str) -> str:
    """Take a request and say 200."""
    ok = "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n"
    return f'<recv request="{method}"/>\n<send><![CDATA[\n\n{ok}\n]]></send>\n'


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>\n'


def say(file: Path, payload_type: int) -> str:
    """Send a file of G.711 octets over RTP, again and again."""
    stream = f"{file},-1,{payload_type},{NAMES[payload_type]}/8000"
    return f'<nop><action><exec rtp_stream="{stream}"/></action></nop>\n'


def hush() -> str:
    """Send no more RTP."""
    return '<nop><action><exec rtp_stream="pause"/></action></nop>\n'


def write_tone(file: Path, payload_type: int, samples: bytes) -> Path:
    """Encode s16le sound at 8 kHz into a file of G.711 octets."""
    import numpy as np

    file.write_bytes(CODECS[payload_type].encode(np.frombuffer(samples, "<i2").astype(np.int16)))
    return file


async def run(program: str, folder: Path, port: int, *steps: str, options: tuple[str, ...] = ()) -> None:
    """Run one scenario to its end, or a built-in one named in ``options``. Fails with what sipp said."""
    if steps:
        (folder / "scenario.xml").write_text(HEAD + "".join(steps) + "</scenario>\n")
        options = ("-sf", "scenario.xml", "-m", "1", *options)
    process = await asyncio.create_subprocess_exec(
        *(program, f"127.0.0.1:{port}", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"),
        *("-error_file", "sipp.err", "-timeout", "30", "-timeout_error", *options),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    errors = (folder / "sipp.err").read_text() if (folder / "sipp.err").exists() else ""
    assert process.returncode == 0, output.decode(errors="replace")[-2000:] + errors
