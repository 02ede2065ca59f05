"""The components, in Rasa's own environment (their libraries are not in ours)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from voicebot.processes import rasa

TEXTS = [
    ("je voudrais un rendez vous", "book"),
    ("un rendez vous s il vous plait", "book"),
    ("annulez mon rendez vous", "cancel"),
    ("je dois annuler", "cancel"),
    ("oui", "affirm"),
    ("oui oui c est ca", "affirm"),
    ("a 00 h 00", "give_when"),
]


def in_rasas_environment(code: str) -> Any:
    """Run code with Rasa's Python and read the JSON that it prints last."""
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed (make install)")
    done = subprocess.run(
        [rasa.interpreter(), "-W", "ignore", "-c", code], cwd=rasa.DIALOGS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_stored_arrays_answer_like_the_estimator_that_was_fitted(tmp_path: Path) -> None:
    difference, shape = in_rasas_environment(f"""
import json
from pathlib import Path
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from assistant.linear import LinearModel, fit
texts, intents = zip(*{TEXTS!r})
fit(texts, intents, 20.0).save(Path({str(tmp_path)!r}))
model = LinearModel.load(Path({str(tmp_path)!r}))
features = make_union(
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    TfidfVectorizer(token_pattern="[a-z0]+", ngram_range=(1, 2), sublinear_tf=True),
)
reference = make_pipeline(features, LogisticRegression(C=20.0, class_weight="balanced", max_iter=1000))
reference.fit(texts, intents)
unseen = [*texts, "annulez oui", "x", "", "rendez rendez rendez vous", "jj kk", "a"]
ours = np.array([model.probabilities(text) for text in unseen])
print(json.dumps([float(abs(ours - reference.predict_proba(unseen)).max()), list(ours.shape)]))
""")
    assert difference < 1e-5
    assert shape == [len(TEXTS) + 6, 4]


def test_the_server_runs_without_tensorflow_and_scikit_learn_and_says_so_when_they_are_called() -> None:
    raised, loaded = in_rasas_environment("""
import json, sys
from assistant import lean
lean.install()
from rasa.core.agent import Agent
import tensorflow, sklearn
raised = []
for call in (lambda: tensorflow.constant(1), lambda: sklearn.base.clone(1), tensorflow.keras.Model):
    try:
        call()
    except lean.AbsentError as error:
        raised.append(str(error))
print(json.dumps([raised, sorted(name for name in sys.modules if name.startswith(("jax", "boto3.session")))]))
""")
    assert len(raised) == 3
    assert loaded == []


def test_the_stand_ins_must_come_before_rasa() -> None:
    assert in_rasas_environment("""
import json, sys
from assistant import lean
sys.modules["rasa"] = sys
try:
    lean.install()
    print(json.dumps("installed"))
except RuntimeError as error:
    print(json.dumps(str(error)))
""").startswith("assistant.lean.install() must run before")


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Je voudrais un rendez-vous, s'il vous plaît.", "je voudrais un rendez vous s il vous plait"),
        ("euh ben j’ai  mal au cœur", "j ai mal au coeur"),
        ("06 12.34", "00 00 00"),
        ("L'ÉTÉ, aujourd'hui !", "l ete aujourd hui"),
        ("euh", ""),
        ("", ""),
    ],
)
def test_recognisers_spellings_meet_in_one_form(written: str, form: str) -> None:
    sys.path.insert(0, str(rasa.DIALOGS))
    try:
        from assistant.normalise import normalise
    finally:
        sys.path.remove(str(rasa.DIALOGS))
    assert normalise(written) == form
    assert normalise(form) == form


def test_logs_keep_only_the_type_of_what_went_wrong() -> None:
    lines = in_rasas_environment("""
import io, json, logging, sys, warnings
from assistant import quiet
sys.stderr = io.StringIO()
quiet.configure()
import structlog
structlog.get_logger().critical("zanzibar", text="zanzibar")
logging.getLogger("rasa").error("zanzibar %s", "zanzibar")
warnings.warn("zanzibar")
try:
    raise ValueError("zanzibar")
except ValueError:
    logging.getLogger("rasa.core").exception("zanzibar")
quiet.log.error("a turn failed: %s", "ValueError")
print(json.dumps(sys.stderr.getvalue().splitlines()))
""")
    assert lines == ["rasa: rasa: error", "rasa: rasa.core: ValueError", "rasa: a turn failed: ValueError"]
