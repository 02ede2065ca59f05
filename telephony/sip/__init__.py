"""A SIP user agent (RFC 3261): takes calls and keeps a registration. SDP passes through it unread.

From the wire upwards: ``gate`` (who may talk to us), ``transport`` (UDP), ``stream`` and ``tls`` (connections),
``framing``, ``message``, ``headers``, ``uri`` and ``via`` (reading and writing), ``layer`` and ``transaction``,
``core`` (which request goes where), ``leg`` (one call) with ``dialog``, ``offers``, ``refresh`` and ``uac``,
``handler`` (what the telephony process sees); beside them ``registration`` and ``digest``, ``locating`` and
``targets`` (the trunk's servers) with ``resolver`` (the DNS). ``agent`` ties them to asyncio; between ``transport`` and
``agent`` everything runs on a clock that is passed in.
"""
