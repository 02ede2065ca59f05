# Two commands matter: `make demo` and `make test`.
.PHONY: demo test check bench clean install install-dev

demo: install
	.venv/bin/voicebot demo

install:
	@scripts/install

install-dev:
	@scripts/install dev

# Everything, with real peers; `make check` is the fast part of it.
test: install-dev
	@scripts/install-peers
	$(MAKE) --no-print-directory lint
	.venv/bin/pytest

check: install-dev lint
	.venv/bin/pytest -m "not slow and not e2e"

.PHONY: lint
lint:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: install-dev
	.venv/bin/python -m benchmarks

clean:
	rm -rf .venv .tools dialogs/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
