# Two commands matter: `make demo` and `make test`.
.PHONY: demo test check bench clean install install-dev proof audit

demo: install
	.venv/bin/voicebot demo

install:
	@scripts/install

install-dev:
	@scripts/install dev

# Everything, with real peers; `make check` is the fast part of it. What fails is tried once more, since real calls share
# the machine with whatever else it does; the report lists what needed it, and that is a fault to mend.
test: install-dev
	@scripts/install-peers
	$(MAKE) --no-print-directory lint
	$(PYTEST_FAST) --reruns 1 -m "not e2e"; first=$$?; .venv/bin/pytest --reruns 1 -m e2e && exit $$first

check: install-dev lint
	$(PYTEST_FAST) -m "not slow and not e2e"

# Two files at a time; real calls run in real time, and have the machine for themselves.
PYTEST_FAST = .venv/bin/pytest -n 2 --dist loadfile

.PHONY: lint
lint:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

# Real calls under strace, in a network without a route, and planted leaks that must be caught; the report of a release.
PROOF ?= build/proof
proof: install-dev
	@scripts/install-peers
	.venv/bin/python -m voicebot.proof --out $(PROOF)

# Known faults of the locked packages, asked of the advisory database: the one command here that needs a network to judge.
audit: install-dev
	@mkdir -p build
	.tools/bin/uv export --locked --quiet --no-emit-project --format requirements-txt -o build/requirements.txt
	.tools/bin/uv tool run pip-audit --disable-pip --require-hashes -r build/requirements.txt

bench: install-dev
	.venv/bin/python -m benchmarks

clean:
	rm -rf .venv .tools voicebot/desk/frontend/node_modules voicebot/desk/static/vendor dialogs/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
