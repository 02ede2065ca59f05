"""The proof that nothing is recorded and nothing leaves: real calls under strace, scanned for a canary.

``python -m voicebot.proof`` (``make proof``) runs it and writes a report. Two proofs look at the same run, because each
misses what the other sees:

- the *trace* (``trace``, ``rules``) holds every file, mapping and socket that any process of the service opened;
- the *scan* (``scan``, ``rows``, ``words``) reads what was left behind and looks for a two-tone canary that the callers
  sent, and for what was said.

Planted leaks (``leaks``) show that each proof can fail.
"""
