"""Models come whole and verified or not at all, over a real connection that breaks in every way."""

from __future__ import annotations

import fcntl
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalogue import Model, ModelFile
from models.fetch import fetch, hub_address
from models.store import Store
from tests.models.hub import Hub, serve
from voicebot.errors import ConfigurationError, UnavailableError

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = bytes(range(256)) * 1200  # 307,200 bytes: several chunks
CONFIG = b'{"a": 1}'


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve() as hub:
        hub.put("owner/tiny", REVISION, "config.json", CONFIG)
        hub.put("owner/tiny", REVISION, "weights/model.bin", WEIGHTS)
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def model(
    sha256: str | None = None, md5: str | None = None, size: int | None = None, revision: str = REVISION
) -> Model:
    files = (ModelFile("config.json"), ModelFile("weights/model.bin", size=size, sha256=sha256, md5=md5))
    return Model("tiny", "whisper", "MIT", "", files, repository="owner/tiny", revision=revision)


def quiet(_name: str, _have: int, _total: int | None) -> None:
    """No progress."""


def no_sleep(_seconds: float) -> None:
    """No waiting."""


def test_a_model_is_fetched_verified_and_recorded(hub: Hub, store: Store) -> None:
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    config, weights = fetch(model(sha256, size=len(WEIGHTS)), store, hub.address, quiet)
    assert (weights.name, weights.size, weights.sha256, weights.checked) == (
        "model.bin",
        len(WEIGHTS),
        sha256,
        "catalogue",
    )
    assert (config.checked, config.sha256) == ("recorded", hashlib.sha256(CONFIG).hexdigest())
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS
    lock = json.loads((store.directory / "lock.json").read_text())["tiny"]
    assert lock["revision"] == REVISION
    assert lock["hub"] == hub.address
    assert lock["files"]["model.bin"]["sha256"] == sha256
    assert [path.name for path in store.directory.iterdir() if path.name.endswith(".part")] == []


def test_progress_is_told_up_to_the_end(hub: Hub, store: Store) -> None:
    told: list[tuple[str, int, int | None]] = []
    fetch(model(), store, hub.address, lambda *progress: told.append(progress))
    weights = [(have, total) for name, have, total in told if name == "model.bin"]
    assert weights == sorted(weights)
    assert len(weights) > 2
    assert weights[-1] == (len(WEIGHTS), len(WEIGHTS))


def test_a_connection_that_breaks_is_continued_where_it_broke(hub: Hub, store: Store) -> None:
    hub.breaks_after = [10**9, 100_000, 50_000]  # the configuration passes whole
    fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS
    ranges = [wanted for path, wanted in hub.requests if path.endswith("model.bin")]
    assert ranges[0] is None
    starts = [int(wanted.removeprefix("bytes=").rstrip("-")) for wanted in ranges[1:] if wanted]
    assert len(starts) == 2
    assert 0 < starts[0] <= 100_000 < starts[1] <= 150_000


def test_a_fetch_that_was_given_up_is_continued_by_the_next(hub: Hub, store: Store) -> None:
    hub.breaks_after = [10**9, 100_000, *[0] * 20]
    with pytest.raises(UnavailableError, match=r"broke off after \d+ bytes .*the same command continues there"):
        fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    assert not (store.directory / "tiny").exists()
    hub.breaks_after = []
    hub.requests.clear()
    fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    [(path, wanted)] = hub.requests  # the configuration was there
    assert path.endswith("model.bin")
    assert wanted is not None
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS


def test_a_hub_without_ranges_starts_over(hub: Hub, store: Store) -> None:
    hub.ranges = False
    hub.breaks_after = [10**9, 100_000]
    fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS


def test_two_versions_of_a_file_never_mix(hub: Hub, store: Store) -> None:
    hub.breaks_after = [10**9, 100_000, *[0] * 20]
    with pytest.raises(UnavailableError):
        fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    hub.breaks_after = []
    newer = WEIGHTS[::-1]
    hub.put("owner/tiny", REVISION, "weights/model.bin", newer)
    fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    assert (store.directory / "tiny" / "model.bin").read_bytes() == newer


def test_what_is_longer_than_the_file_is_thrown_away(hub: Hub, store: Store) -> None:
    staging = store.directory / f".tiny-{REVISION[:12]}.part"
    staging.mkdir(parents=True)
    (staging / "model.bin.part").write_bytes(WEIGHTS + b"more")
    (staging / "model.bin.etag").write_text(f'"{hashlib.md5(WEIGHTS).hexdigest()}"')
    fetch(model(), store, hub.address, quiet, sleep=no_sleep)
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS


def test_a_busy_hub_is_asked_again(hub: Hub, store: Store) -> None:
    hub.statuses = [503]
    waited: list[float] = []
    fetch(model(), store, hub.address, quiet, sleep=waited.append)
    assert waited == [0.5]


@pytest.mark.parametrize(
    "known",
    [{"sha256": "0" * 64}, {"md5": "0" * 32}, {"size": 5}],
    ids=["sha256", "md5", "size"],
)
def test_what_differs_from_the_catalogue_is_deleted_and_told(hub: Hub, store: Store, known: dict[str, object]) -> None:
    with pytest.raises(UnavailableError, match=r"model\.bin: its (checksum|size) \w+ is not the catalogue's") as caught:
        fetch(model(**known), store, hub.address, quiet)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert not list(store.directory.rglob("model.bin*"))
    assert store.lock() == {}


def test_the_md5_that_upstream_publishes_is_checked(hub: Hub, store: Store) -> None:
    _, weights = fetch(model(md5=hashlib.md5(WEIGHTS).hexdigest()), store, hub.address, quiet)
    assert weights.checked == "catalogue"


def test_the_checksum_that_the_hub_states_is_checked(hub: Hub, store: Store) -> None:
    hub.states_sha256 = True
    _, weights = fetch(model(), store, hub.address, quiet)
    assert weights.checked == "hub"
    assert (store.directory / "tiny" / "model.bin").read_bytes() == WEIGHTS


def test_a_checksum_once_recorded_is_kept(hub: Hub, store: Store) -> None:
    fetch(model(), store, hub.address, quiet)
    assert {file.checked for file in fetch(model(), store, hub.address, quiet)} == {"lock"}
    hub.put("owner/tiny", REVISION, "config.json", b'{"a": 2}')
    with pytest.raises(UnavailableError, match="is not the lock's"):
        fetch(model(), store, hub.address, quiet)
    assert (store.directory / "tiny" / "config.json").read_bytes() == CONFIG  # the model that was there still is


def test_another_revision_has_other_checksums(hub: Hub, store: Store) -> None:
    fetch(model(), store, hub.address, quiet)
    hub.put("owner/tiny", "next", "config.json", b'{"a": 2}')
    hub.put("owner/tiny", "next", "weights/model.bin", b"other")
    fetch(model(revision="next"), store, hub.address, quiet)
    assert (store.directory / "tiny" / "model.bin").read_bytes() == b"other"
    assert store.lock()["tiny"]["revision"] == "next"


@pytest.mark.parametrize(("status", "words"), [(404, "the hub answers 404"), (401, "refuses it"), (403, "refuses it")])
def test_a_refusal_is_told_in_one_line(hub: Hub, store: Store, status: int, words: str) -> None:
    hub.statuses = [status]
    with pytest.raises(UnavailableError, match=words) as caught:
        fetch(model(), store, hub.address, quiet)
    assert "\n" not in str(caught.value)


def test_a_hub_that_cannot_be_reached_is_told_in_one_line(store: Store) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=r"cannot be reached .*--hub") as caught:
            fetch(model(), store, address, quiet, sleep=no_sleep)
    assert "\n" not in str(caught.value)


def test_two_fetches_into_one_directory_are_refused(hub: Hub, store: Store) -> None:
    store.directory.mkdir()
    with (store.directory / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="another fetch"):
            fetch(model(), store, hub.address, quiet)


def test_what_comes_with_voicebot_is_not_fetched(hub: Hub, store: Store) -> None:
    embedded = Model("miniature", "whisper", "", "", (), embedded=True)
    with pytest.raises(ConfigurationError, match="comes with voicebot"):
        fetch(embedded, store, hub.address, quiet)


def test_the_hub_is_named_by_option_environment_or_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOICEBOT_HUB", raising=False)
    assert hub_address(None) == "https://huggingface.co"
    monkeypatch.setenv("VOICEBOT_HUB", "http://hub.local/")
    assert hub_address(None) == "http://hub.local"
    assert hub_address("https://other/") == "https://other"
    with pytest.raises(ConfigurationError, match="--hub"):
        hub_address("ftp://other")
