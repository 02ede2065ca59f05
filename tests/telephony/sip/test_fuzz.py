"""A storm of damaged requests at a call that is up: nothing raises, nothing is left behind."""

from __future__ import annotations

import random

import pytest

from tests.telephony.sip.peer import OFFER, Bench

PIECES = [
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\r\n ",
        b";",
        b",",
        b'"',
        b"<",
        b">",
        b"\\",
        b"%00",
        b":",
        b"@",
        b"=",
        b"\t",
        b"\xff",
        b"\0",
    ),
    *(b"99999999999999999999", b"-1", b"tag=them", b"Contact: *\r\n", b"Require: timer\r\n", b"Content-Length: 3\r\n"),
    *(
        b"Route: <sip:x>\r\n",
        b"Record-Route: <sip:192.0.2.9>\r\n",
        b"Via: SIP/2.0/UDP [::1]\r\n",
        b"x: 90;refresher=uas\r\n",
    ),
]


def damaged(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0:
                out[at : at + chance.randint(0, 8)] = chance.choice(PIECES)
            case 1:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                out[at:at] = out[max(0, at - chance.randint(1, 100)) : at]
            case _:
                del out[at : at + chance.randint(1, 40)]
    return bytes(out)


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_of_damaged_requests(seed: int) -> None:
    chance = random.Random(seed)
    bench = Bench(max_calls=5)
    tag = bench.call(Supported="timer", Session_Expires="90;refresher=uas", Allow="UPDATE")
    key = {"Content-Type": "application/dtmf-relay"}
    seeds = [
        bytes(bench.request(method, cseq=2, to_tag=to)) for method in ("BYE", "ACK", "CANCEL") for to in (tag, None)
    ]
    seeds += [
        bytes(bench.request(method, cseq=3, to_tag=to, body=OFFER))
        for method in ("INVITE", "UPDATE")
        for to in (tag, None)
    ]
    seeds.append(bytes(bench.request("INFO", cseq=4, to_tag=tag, body=b"Signal=1", headers=key)))
    for _ in range(600):
        bench.core.receive(damaged(chance.choice(seeds), chance), bench.flow)
        bench.flow.sent.clear()
        bench.advance(chance.random())
    assert len(bench.handler.ends) <= len(bench.handler.calls)
    bench.core.stop()
    bench.advance(200)
    assert bench.core.idle
    assert bench.timers.next_at is None
    assert len(bench.handler.ends) == len(bench.handler.calls)  # each call that was taken ended once
