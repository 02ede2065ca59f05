"""One module a page: its router, and its templates in the folder of the same name."""

from voicebot.desk.pages import accounts, login

ROUTERS = (login.router, accounts.router)
"""Every route of the desk."""
