"""The phone assistant of a French medical practice, on its own premises."""

import os

# Nothing leaves the premises. onnxruntime's Linux wheels (1.31) open ~/.cache/Microsoft/…/onnxruntime.db, start six
# threads and report to mobile.events.data.microsoft.com unless this stands before they are imported; its own
# `disable_telemetry_events` comes too late. The hub's client is only there because faster-whisper imports it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
