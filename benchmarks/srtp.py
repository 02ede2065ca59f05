"""What SRTP costs, measured: processor time of a packet that is sent, received and read, with and without.

Run with ``python -m benchmarks.srtp``. A call has 50 packets a second each way.
"""

from __future__ import annotations

import asyncio
import ipaddress
from time import thread_time

from telephony.media.rtp_session import RtpPorts, RtpSession
from telephony.media.sdes import Crypto, Keys, Suite

HERE = ipaddress.ip_address("127.0.0.1")
PACKETS = 10_000
VOICE = bytes(160)


async def microseconds(suite: Suite | None) -> float:
    """Processor time a packet from ``send`` to the receiver's callback, over loopback."""
    ports = [RtpPorts.open(str(HERE), (20000, 40000)) for _ in range(2)]
    sender, receiver = (RtpSession(pair, lambda packet, now: None, rate=8000) for pair in ports)
    keys = Keys(Crypto.fresh(1, suite), Crypto.fresh(1, suite)) if suite is not None else None
    for session, other in ((sender, ports[1]), (receiver, ports[0])):
        session.start()
        session.connect(HERE, other.number, other.number + 1, mux=False, keys=keys)
        keys = Keys(keys.theirs, keys.ours) if keys is not None else None
    begun = thread_time()
    for position in range(PACKETS):
        sender.send(8, 160 * position, VOICE)
        if position % 10 == 9:
            await asyncio.sleep(0)
    await asyncio.sleep(0.1)  # the last ones; waiting takes no processor time
    spent = thread_time() - begun
    sender.close()
    receiver.close()
    return spent / PACKETS * 1e6


async def main() -> None:
    """Print one line for each suite."""
    plain = await microseconds(None)
    print(f"plain RTP: {plain:.1f} µs a packet sent and received")
    for suite in Suite:
        more = await microseconds(suite) - plain
        print(f"{suite}: {more:.1f} µs more, {more * 50 / 1e6:.2%} of a core a call")


if __name__ == "__main__":
    asyncio.run(main())
