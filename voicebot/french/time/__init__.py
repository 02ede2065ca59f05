"""The grammar of French time expressions, from words to windows. ``voicebot.french.when`` is its door."""
