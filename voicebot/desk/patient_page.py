"""The patient's page: call the practice from a browser. Signalling only; the sound goes to telephony."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Body, FastAPI, Request
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.responses import HTMLResponse, JSONResponse

from voicebot.desk.context import VENDOR, Offer
from voicebot.desk.security import Guard
from voicebot.errors import VoicebotError

if TYPE_CHECKING:
    from voicebot.practice.schema import Practice

HERE = Path(__file__).resolve().parent
MAX_SDP = 20_000
"""Characters of an SDP offer."""


def create_patient_page(practice: Practice, offer: Offer, *, tls: bool = False) -> FastAPI:
    """The application on ``--web-port``: one page, its script and ``POST /offer`` ``{"sdp"}`` → ``{"sdp", "call"}``."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, tls=tls)
    templates = Jinja2Templates(HERE / "templates")
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    @app.get("/")
    async def page(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "call.html", {"practice": practice.name, "vendor": VENDOR.exists()})

    @app.post("/offer")
    async def take_offer(sdp: Annotated[str, Body(embed=True, max_length=MAX_SDP)]) -> JSONResponse:
        try:
            answer, call = await offer(sdp)
        except VoicebotError as error:
            return JSONResponse({"error": str(error)}, 503)
        return JSONResponse({"sdp": answer, "call": call})

    return app
