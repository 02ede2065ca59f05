"""Attacks through names, the practice's file, models and dependencies."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import Workspace
from voicebot.errors import VoicebotError
from voicebot.hearing import WhisperRecogniser, load_recogniser
from voicebot.ports import PatientClaim, SlotQuery
from voicebot.practice import FILE_NAME, load_practice
from voicebot.speaking import load_voice

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = ("voicebot", "telephony", "models", "dialogs/assistant")
"""What runs at a practice; the forge, which makes models, does not."""


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Path and syntax of every file that runs at a practice."""
    return tuple(_sources())


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for part in RUN:
        for path in sorted((ROOT / part).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("models/forge/") and ".venv" not in name and "node_modules" not in name:
                yield name, ast.parse(path.read_text(encoding="utf-8"))


# --- SQL through names ---


NAMES = (
    "Robert'); drop table patient;--",
    "' or '1'='1",
    'O"Neill',
    "100%_\\",
    "\x00nul",
    "Ѕmith‮",
    "a" * 5000,
    ":patient",
    "?",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_ever_a_value(workspace: Workspace, name: str) -> None:
    agenda = workspace.agenda
    before = workspace.connect()
    tables = set(before.table_names())
    patients = before["patient"].count
    try:
        claim = PatientClaim(name, name, date(1980, 1, 2))
        hold = agenda.hold(agenda.offers(SlotQuery("consultation"))[0], patient="new", owner="c1")
        agenda.book(hold, claim, source="phone", idempotency_key="k1")
        rows = [row for row in agenda.appointments() if row.patient is not None and row.status == "booked"]
        assert len(rows) == 1
        assert before["patient"].count == patients + 1
        # A name without a letter is nobody's name when somebody asks for it.
        assert len(agenda.match(claim)) == any(letter.isalpha() for letter in name)
    except VoicebotError:
        assert before["patient"].count == patients  # refused: nothing was written
    finally:
        assert set(before.table_names()) == tables
        before.close()


def test_no_statement_is_put_together_from_what_a_person_gave() -> None:
    """A statement that is formatted may hold only names of our own: tables and conditions of the inventory and code."""
    found = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("execute", "executemany", "executescript", "query") or not node.args:
                continue
            statement = node.args[0]
            if isinstance(statement, ast.BinOp) and isinstance(statement.op, ast.Mod):
                found.append(f"{name}:{node.lineno}")
            if isinstance(statement, ast.JoinedStr):
                given = {
                    inner.id
                    for value in statement.values
                    if isinstance(value, ast.FormattedValue)
                    for inner in ast.walk(value.value)
                    if isinstance(inner, ast.Name)
                }
                if given & {"name", "text", "phone", "query", "birth_name", "first_name", "q", "words", "claim"}:
                    found.append(f"{name}:{node.lineno}")
    assert found == []


# --- a hostile practice file ---


HOSTILE = {
    "format in a phrase": ('[phrases]\n"open.ask" = "{practice.__class__.__mro__}"\n', "refused"),
    "index in a phrase": ('[phrases]\n"open.ask" = "{0}"\n', "refused"),
    "unknown table": ("[evil]\nx = 1\n", "refused"),
    "not UTF-8": (b"\xff\xfe[practice]\n", "refused"),
    "nested deeply": ("x = " + "[" * 50_000 + "]" * 50_000 + "\n", "refused"),
    "a long number": ("[retention]\ntranscript_days = " + "9" * 10_000 + "\n", "refused"),
    "negative days": ("[retention]\ntranscript_days = -1\n", "refused"),
    "everybody may call": ('[sip]\nallow = ["0.0.0.0/0"]\nbind = "x; rm -rf /"\n', "refused"),
    "NUL": ('[practice]\nname = "a\\u0000b"\n', "refused"),
}


@pytest.mark.parametrize("attack", sorted(HOSTILE))
def test_a_hostile_practice_file_is_refused_in_words(attack: str, tmp_path: Path) -> None:
    content, _ = HOSTILE[attack]
    (tmp_path / FILE_NAME).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(VoicebotError) as refusal:
        load_practice(tmp_path)
    assert len(str(refusal.value)) < 20_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Cabinet médical des Tilleuls"', 'name = "Cabinet {practice.__class__} {{7*7}} ${7*7}"'),
        ('label = "une consultation"', 'label = "une {0.__globals__} consultation"'),
        ('address = "Le cabinet est au douze', 'address = "{transcript.__init__} Le cabinet est au douze'),
    ],
)
def test_text_of_the_practice_is_never_a_program(old: str, new: str, tmp_path: Path) -> None:
    from voicebot.papers import write_papers
    from voicebot.thinking.phrases import fixed_phrases

    text = (SAMPLE_PRACTICE / FILE_NAME).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE_NAME).write_text(text.replace(old, new), encoding="utf-8")
    try:
        practice = load_practice(tmp_path)
        said = " ".join(fixed_phrases(practice))
        written = [path.read_text(encoding="utf-8") for path in write_papers(practice, tmp_path / "out", date.today())]
    except VoicebotError:
        return  # refused in words: as good
    for shown in (said, *written):
        assert "class '" not in shown
        assert "Cabinet {practice.__class__} 49" not in shown


# --- a hostile model file ---


CODE_LOADERS = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle"})


def test_nothing_that_runs_at_a_practice_loads_a_format_that_holds_code() -> None:
    found = []
    for name, tree in sources():
        for node in ast.walk(tree):
            modules: set[str] = set()
            if isinstance(node, ast.Import):
                modules = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules = {(node.module or "").split(".")[0]}
            if modules & CODE_LOADERS:
                found.append(f"{name}:{node.lineno} imports {modules & CODE_LOADERS}")
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "__import__"):
                    found.append(f"{name}:{node.lineno} calls {called}")
                if called.endswith("np.load") and "allow_pickle=False" not in ast.unparse(node):
                    found.append(f"{name}:{node.lineno} loads arrays without allow_pickle=False")
    assert found == []


@pytest.mark.parametrize("damage", ["cut", "noise", "pickle", "empty"])
def test_a_hostile_recogniser_is_refused_in_words_and_runs_nothing(damage: str, tmp_path: Path) -> None:
    models = tmp_path / "whisper-hostile"
    shutil.copytree(ROOT / "models" / "miniature", models)
    weights = models / "model.bin"
    content = weights.read_bytes()
    weights.write_bytes(
        {
            "cut": content[:1000],
            "noise": bytes(range(256)) * 500,
            "pickle": b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.",
            "empty": b"",
        }[damage]
    )
    with pytest.raises(VoicebotError):
        WhisperRecogniser(models)
    assert not (tmp_path / "ran").exists()


# --- dependencies ---


TELLERS = re.compile(
    r"^(sentry-sdk|posthog|segment-analytics.*|analytics-python|mixpanel|amplitude.*|datadog|ddtrace|newrelic|wandb|mlflow|"
    r"comet-ml|bugsnag|rollbar|honeybadger|raygun.*|scout-apm|elastic-apm|opentelemetry-exporter.*|"
    r"google-analytics.*|matomo.*|snowplow.*|statsd|logtail.*|loguru-.*|boto3|google-cloud-.*|azure-.*)$"
)
"""Packages whose work is to tell somebody elsewhere, or to keep things there."""

REPAIRED = {
    "jinja2": (3, 1, 6),  # CVE-2025-27516
    "h11": (0, 16, 0),  # CVE-2025-43859
    "starlette": (0, 49, 1),  # CVE-2025-62727
    "python-multipart": (0, 0, 18),  # CVE-2024-53981
    "cryptography": (44, 0, 1),  # CVE-2024-12797
    "idna": (3, 7),  # CVE-2024-3651
    "certifi": (2024, 7, 4),  # CVE-2024-39689
    "urllib3": (2, 5, 0),  # CVE-2025-50181
    "requests": (2, 32, 4),  # CVE-2024-47081
    "aiohttp": (3, 12, 14),  # CVE-2025-53643
    "setuptools": (78, 1, 1),  # CVE-2025-47273
    "protobuf": (6, 31, 1),  # CVE-2025-4565
    "onnx": (1, 17, 0),  # CVE-2024-7776
}
"""Versions from which known faults are mended. `make audit` asks the advisory database, which needs a network."""


@pytest.mark.parametrize("lock", ["uv.lock", "dialogs/uv.lock"])
def test_every_package_is_pinned_by_its_hash_tells_nobody_and_is_mended(lock: str) -> None:
    packages = tomllib.loads((ROOT / lock).read_text(encoding="utf-8"))["package"]
    assert len(packages) > 50
    for package in packages:
        source = package["source"]
        if "registry" not in source:
            assert set(source) <= {"editable", "virtual"}, package["name"]
            continue
        assert source["registry"] == "https://pypi.org/simple", package["name"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]
        assert not TELLERS.match(package["name"]), f"{package['name']} tells somebody elsewhere"
        if package["name"] in REPAIRED:
            version = tuple(int(part) for part in re.findall(r"\d+", package["version"])[:3])
            assert version >= REPAIRED[package["name"]], package["name"]


# --- timing ---


SECRETS = re.compile(r"(password|secret|token|passphrase|digest|session|code)s?$")


def test_a_secret_is_never_compared_letter_by_letter() -> None:
    """`==` stops at the first difference, and the time that it takes tells where."""
    found = []
    for name, tree in sources():
        if not name.startswith(
            ("voicebot/desk", "voicebot/vault", "voicebot/locked", "telephony/sip/digest", "dialogs")
        ):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue  # an empty text, a number or a name of ours
                words = [ast.unparse(side).rstrip("()").rsplit(".", 1)[-1] for side in sides]
                if any(SECRETS.search(word.lower()) for word in words):
                    found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert found == []


def test_the_voice_and_the_recogniser_load_as_they_ship() -> None:
    """The control of the hostile models: an unharmed one is taken."""
    assert load_recogniser() is not None
    assert load_voice(8000) is not None
    assert "pickle" in sys.stdlib_module_names
