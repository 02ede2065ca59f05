"""Speech models: the catalogue, fetching, and the recipes of those made here."""

import voicebot as voicebot  # it forbids onnxruntime to report home, and must do so before that is imported
