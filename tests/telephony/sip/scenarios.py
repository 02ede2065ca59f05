"""Scenarios for sipp (https://sipp.readthedocs.io), put together from steps."""

from __future__ import annotations

_SDP = """v=0
o=user1 53655765 2353687637 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a={direction}
"""

_HEAD = """{line}
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch{branch}]
{routes}From: sipp <sip:sipp@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:bot@[remote_ip]>{to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
{extra}Content-Length: [len]

{body}"""


def _send(text: str, *, again: bool = True) -> str:
    retransmit = ' retrans="500"' if again else ""
    return f"<send{retransmit}><![CDATA[\n\n{text}\n]]></send>\n"


def _request(method: str, cseq: int, *, body: str = "", kind: str = "", inside: bool = True, branch: str = "") -> str:
    return _HEAD.format(
        line=f"{method} {'[next_url]' if inside else 'sip:bot@[remote_ip]:[remote_port]'} SIP/2.0",
        routes="[routes]\n" if inside else "",
        to="[peer_tag_param]" if inside else "",
        method=method,
        cseq=cseq,
        body=body,
        branch=branch,
        extra=f"Content-Type: {kind}\n" if kind else "",
    )


def ask(method: str, cseq: int, status: int, *, body: str = "", kind: str = "") -> str:
    """A request inside the call, and its answer."""
    return _send(_request(method, cseq, body=body, kind=kind)) + f'<recv response="{status}"/>\n'


def offer(cseq: int = 1, *, direction: str = "sendrecv") -> str:
    """An INVITE, first or again, without what follows."""
    sdp = _SDP.format(direction=direction)
    return _send(_request("INVITE", cseq, body=sdp, kind="application/sdp", inside=cseq > 1))


def answered() -> str:
    """The 200."""
    return '<recv response="100" optional="true"/>\n<recv response="200" rrs="true"/>\n'


def ack(cseq: int = 1) -> str:
    """The ACK of a 2xx."""
    return _send(_request("ACK", cseq), again=False)


def invite(cseq: int = 1, *, direction: str = "sendrecv") -> str:
    """A whole INVITE transaction."""
    return offer(cseq, direction=direction) + answered() + ack(cseq)


def cancelled() -> str:
    """CANCEL of the first INVITE while it rings."""
    cancel = _request("CANCEL", 1, inside=False, branch="-2")
    refused = _request("ACK", 1, inside=False, branch="-2").replace(
        "To: <sip:bot@[remote_ip]>", "To: <sip:bot@[remote_ip]>[peer_tag_param]"
    )
    return (
        '<recv response="180"/>\n'
        + _send(cancel)
        + '<recv response="200"/>\n<recv response="487"/>\n'
        + _send(refused, again=False)
    )


def expect(response: int) -> str:
    """A response."""
    return f'<recv response="{response}"/>\n'


def pause(milliseconds: int) -> str:
    """Silence."""
    return f'<pause milliseconds="{milliseconds}"/>\n'


def serve(method: str) -> str:
    """A request of the user agent, answered with 200."""
    reply = "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
    reply += "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>\nContent-Length: 0\n\n"
    return f'<recv request="{method}" timeout="10000"/>\n' + _send(reply, again=False)


def scenario(*steps: str) -> str:
    """The file for ``sipp -sf``."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="test">\n' + "".join(steps) + "</scenario>\n"
