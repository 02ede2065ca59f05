"""French as it is spoken: pure functions from words to values and back, no clock, no I/O but their data at import.

``when`` times, ``birth_dates``, ``phones``, ``names``, ``people``, ``yesno``, ``ordinals`` read; ``speak`` says.
"""
