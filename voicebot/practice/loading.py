"""Load and validate a practice's directory."""

from __future__ import annotations

import hashlib
import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voicebot.errors import ConfigurationError
from voicebot.practice import calendars, settings, spoken, timetable
from voicebot.practice.reading import Problems, Table
from voicebot.practice.schema import Practice, Practitioner, Problem, Resource, Site
from voicebot.practice.toml_lines import line_index

FILE_NAME = "practice.toml"


class PracticeError(ConfigurationError):
    """The practice's file cannot be used; the message lists every error with file, key, line and mend."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def load_practice(directory: Path) -> Practice:
    """Read ``practice.toml`` of a directory. Warnings are in the result.

    Raises:
        PracticeError: with all errors at once.
    """
    try:
        raw = (directory / FILE_NAME).read_bytes()
    except OSError:
        problems = Problems(str(directory / FILE_NAME), {(): 1})
        problems.error((), "missing_file")
        raise PracticeError(problems.errors) from None
    return read_practice(directory, raw)


def read_practice(directory: Path, raw: bytes) -> Practice:
    """The practice that ``practice.toml`` of a directory would be with these bytes.

    Raises:
        PracticeError: with all errors at once.
    """
    problems = Problems(str(directory / FILE_NAME), {(): 1})
    if raw.startswith(BOM_UTF8):
        problems.error((), "mark")
        raise PracticeError(problems.errors)
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        problems.error((), "encoding")
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        problems.lines = {(): int(found[1]) if found else text.count("\n") + 1}
        twice = any(word in str(error) for word in ("overwrite", "twice"))
        problems.error((), "twice" if twice else "syntax", detail=error)
    except (ValueError, RecursionError):  # a number of thousands of digits, or brackets nested as deeply
        problems.error((), "excessive")
    if problems.errors:
        raise PracticeError(problems.errors)
    problems.lines = line_index(text)
    top = Table(problems, (), document)
    practice = _read(top, directory, hashlib.sha256(raw).hexdigest()[:16])
    top.finish()
    if problems.errors:
        raise PracticeError(sorted(problems.errors, key=lambda problem: problem.where.line))
    return replace(practice, warnings=tuple(problems.warnings))


def _read(top: Table, directory: Path, version: str) -> Practice:
    head = top.table("practice", required=True)
    name = head.text("name", example='"Cabinet médical des Tilleuls"')
    phone = head.phone("phone", required=True) or ""
    zone = _zone(head)
    holiday_zone = _holiday_zone(head)
    school_zone = head.choice("school_zone", "", calendars.SCHOOL_ZONES) if head.has("school_zone") else None
    defaults = settings.MotiveDefaults(
        grid=head.integer("grid_minutes", 15, low=5, high=1440, step=5),
        notice=head.integer("notice_minutes", 60, low=0, high=60 * 24 * 365),
        horizon_days=head.integer("horizon_days", 90, low=1, high=730),
        cancel_cutoff=head.integer("cancel_cutoff_minutes", 0, low=0, high=60 * 24 * 60),
    )
    hold_minutes = head.integer("hold_minutes", 5, low=1, high=60)
    head.finish()

    sites = {id: _site(id, table) for id, table in top.named_tables("sites").items()}
    practitioners = {id: _practitioner(id, table) for id, table in top.named_tables("practitioners").items()}
    resources = {id: _resource(id, table) for id, table in top.named_tables("resources").items()}
    motives = {
        id: settings.motive(id, table, defaults, practitioners, resources)
        for id, table in top.named_tables("motives").items()
    }
    names = timetable.Names(tuple(sites), tuple(practitioners), tuple(resources), tuple(motives), zone)
    openings = tuple(timetable.opening(table, names) for table in top.tables("openings"))
    for missing, code in ((sites, "no_sites"), (practitioners, "no_practitioners"), (motives, "no_motives")):
        if not missing:
            top.error("", code)
    if not openings:
        top.error("", "no_openings")
    transfer = settings.transfer(top.table("transfer"))
    answers = top.table("answers").every_text()
    return Practice(
        directory=directory,
        version=version,
        name=name,
        phone=phone,
        zone=zone,
        holiday_zone=holiday_zone,
        school_zone=school_zone,
        hold_minutes=hold_minutes,
        sites=sites,
        practitioners=practitioners,
        resources=resources,
        motives=motives,
        openings=openings,
        exceptions=tuple(timetable.day_exception(table, names) for table in top.tables("exceptions")),
        absences=tuple(timetable.absence(table, names) for table in top.tables("absences")),
        substitutions=tuple(timetable.substitution(table, names) for table in top.tables("substitutions")),
        reception=tuple(timetable.reception(table) for table in top.tables("reception")),
        outside_hours=settings.outside_hours(top.table("outside_hours"), transfer),
        manner=settings.manner(top.table("conversation")),
        sip=settings.sip(top.table("sip"), directory),
        transcript=settings.transcript(top.table("transcript")),
        transfer=transfer,
        answers=answers,
        answer_words=spoken.answer_words(top.table("answer_words"), answers),
        phrases=spoken.phrases(top.table("phrases")),
        retention=settings.retention(top.table("retention")),
        where=head.where,
        holiday_where=head.problems.where((*head.path, "holiday_zone")),
    )


def _zone(head: Table) -> ZoneInfo:
    name = head.text("timezone", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        head.error("timezone", "zone", value=name)
        return ZoneInfo("Europe/Paris")


def _holiday_zone(head: Table) -> str | None:
    value = head.values.get("holiday_zone")
    if isinstance(value, str | int) and (right := calendars.MISTAKES.get(str(value).lower())):
        head.text("holiday_zone", "")
        region = str(value).lower() in calendars.TWO_LAWS
        head.error(
            "holiday_zone", "holiday_zone_region" if region else "holiday_zone_mistake", value=value, right=right
        )
        return None
    zone = head.choice("holiday_zone", "metropole", (*calendars.PUBLIC_ZONES, "aucune"))
    return None if zone == "aucune" else zone


def _site(id: str, table: Table) -> Site:
    site = Site(id, table.text("name"), table.text("address"), table.where)
    table.finish()
    return site


def _practitioner(id: str, table: Table) -> Practitioner:
    practitioner = Practitioner(
        id=id,
        name=table.text("name", example='"le docteur Dupont"'),
        profession=table.text("profession", ""),
        words=table.texts("words"),
        assistant_per_day=table.optional_integer("assistant_per_day", low=0, high=500),
        where=table.where,
    )
    table.finish()
    return practitioner


def _resource(id: str, table: Table) -> Resource:
    resource = Resource(id, table.text("kind", id), table.text("name"), table.where)
    table.finish()
    return resource
