"""Our components for Rasa, how the model is trained and how it is served.

This package runs in the environment of ``dialogs/pyproject.toml`` only and imports nothing of ``voicebot``.
"""
