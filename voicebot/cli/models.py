"""``voicebot models list|fetch|verify|use``: speech models, their files and the one in use."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic

from models.catalogue import Model, load_catalogue, model_named
from models.download import digests
from models.fetch import fetch, hub_address
from models.store import AUTOMATIC, Store
from voicebot.cli.common import add_common, emit

_ACTIONS = {
    "list": "say which models there are, which are here, and which are in use",
    "fetch": "bring models from the hub; what broke off is continued",
    "verify": "compare the files that are here with their checksums",
    "use": f"choose a model, or `{AUTOMATIC}`: the one fetched last, else the one that comes with voicebot",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--models", type=Path, metavar="DIR", help="where fetched models lie (default: the user's)")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in _ACTIONS.items():
        action = actions.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        add_common(action, again=True)
        action.add_argument("--models", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name == "fetch":
            action.add_argument("names", nargs="+", metavar="NAME", help="models of `voicebot models list`")
            action.add_argument("--hub", metavar="URL", help="another hub (default: $VOICEBOT_HUB, else Hugging Face)")
        elif name == "verify":
            action.add_argument("names", nargs="*", metavar="NAME", help="models (default: all that are here)")
        elif name == "use":
            action.add_argument("name", metavar="NAME", help=f"a model, or `{AUTOMATIC}`")


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    store = Store(args.models)
    if args.action == "fetch":
        return _fetch(args, store)
    if args.action == "verify":
        return _verify(args, store)
    if args.action == "use":
        return _use(args, store)
    return _list(args, store)


def _list(args: argparse.Namespace, store: Store) -> int:
    in_use = {store.in_use(task).name for task in ("hearing", "speaking")}
    for model in load_catalogue().values():
        present = store.present(model)
        size = sum(file.size for file in model.files if file.size)
        if args.json:
            emit(
                {
                    "name": model.name,
                    "kind": model.kind,
                    "embedded": model.embedded,
                    "present": present,
                    "in_use": model.name in in_use,
                    "bytes": size or None,
                    "source": model.repository,
                    "revision": model.revision,
                    "licence": model.licence,
                    "description": model.description,
                    "measured": dict(model.measured),
                }
            )
            continue
        if present:
            state = "in use" if model.name in in_use else "here"
        else:
            state = "missing" if model.embedded else "to fetch"
        megabytes = f"{size / 1e6:.0f} MB" if size else ""
        print(f"{model.name:15} {model.kind:8} {state:9} {megabytes:>8}  {model.description} ({model.licence})")
    return 0


def _fetch(args: argparse.Namespace, store: Store) -> int:
    hub = hub_address(args.hub)
    for model in [model_named(name) for name in args.names]:
        for file in fetch(model, store, hub, _Progress(model.name)):
            if args.json:
                emit({"model": model.name, "file": file.name, "bytes": file.size, "sha256": file.sha256,
                      "checked": file.checked})  # fmt: skip
            elif file.checked == "recorded":
                print(f"{model.name}/{file.name}: its checksum was unknown; recorded in lock.json: {file.sha256}")
            else:
                print(f"{model.name}/{file.name}: its checksum is the {file.checked}'s")
        if not args.json:
            here = store.in_use(model.task)
            print(f"{model.name} is here; {here.name} is in use for {model.task}")
    return 0


def _verify(args: argparse.Namespace, store: Store) -> int:
    if args.names:
        models = [model_named(name) for name in args.names]
    else:
        models = [
            model
            for model in load_catalogue().values()
            if model.embedded or store.present(model) or model.name in store.lock()
        ]
    wrong = 0
    for model in models:
        for name, verdict in verdicts(model, store):
            good = verdict in ("right", "here")
            wrong += not good
            if args.json:
                emit({"model": model.name, "file": name, "verdict": verdict, "ok": good})
            else:
                print(f"{model.name}/{name}: {verdict}")
    return 1 if wrong else 0


def verdicts(model: Model, store: Store) -> list[tuple[str, str]]:
    """For each file: ``right``, ``wrong checksum``, ``missing``, or ``here`` where no checksum is known."""
    locked = store.lock().get(model.name, {}).get("files", {})
    found = []
    for file in model.files:
        path = store.path(model) / file.name
        if not path.is_file():
            found.append((file.name, "missing"))
            continue
        sha256, md5 = digests(path)
        sums = [(file.sha256, sha256), (file.md5, md5), (locked.get(file.name, {}).get("sha256"), sha256)]
        known = [(expected, actual) for expected, actual in sums if expected]
        right = all(expected == actual for expected, actual in known)
        found.append((file.name, ("right" if known else "here") if right else "wrong checksum"))
    return found


def _use(args: argparse.Namespace, store: Store) -> int:
    for model in store.use(args.name):
        if args.json:
            emit({"task": model.task, "in_use": model.name})
        else:
            print(f"{model.name} is in use for {model.task}")
    return 0


class _Progress:
    """One line on stderr: rewritten on a terminal, else one at each tenth."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._shown = 0.0
        self._tenth = -1
        self._file = ""

    def __call__(self, name: str, have: int, total: int | None) -> None:
        if name != self._file:
            self._file, self._tenth = name, -1
        share = f"{100 * have // total} % of {total / 1e6:.1f} MB" if total else f"{have / 1e6:.1f} MB"
        line = f"{self._model}/{name}: {share}"
        done = total is not None and have >= total
        if sys.stderr.isatty():
            if done or monotonic() - self._shown > 0.1:
                self._shown = monotonic()
                print(f"\r{line}\033[K", end="\n" if done else "", file=sys.stderr, flush=True)
        elif total and 10 * have // total > self._tenth:
            self._tenth = 10 * have // total
            print(line, file=sys.stderr, flush=True)
