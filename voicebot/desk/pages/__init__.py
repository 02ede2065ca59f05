"""One module a page: its router, and its templates in the folder of the same name."""

from voicebot.desk.pages import accounts, board, corrections, login, now, review, todo

ROUTERS = (login.router, accounts.router, now.router, review.router, corrections.router, todo.router, board.router)
"""Every route of the desk."""
