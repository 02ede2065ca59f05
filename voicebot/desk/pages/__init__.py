"""One module a page: its router, and its templates in the folder of the same name."""

from voicebot.desk.pages import accounts, login, now

ROUTERS = (login.router, accounts.router, now.router)
"""Every route of the desk."""
