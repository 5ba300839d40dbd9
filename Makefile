# Two commands do everything on a fresh machine with Python 3.11:
#   make demo    installs, then plays the three golden journeys
#   make test    installs, then runs the tests (real-Kafka ones too where Java and Maven, or Docker, are there)

PYTHON := $(shell for p in python3.11 python3; do \
	if $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
KAFKA_DIR := .kafka/local
KAFKA_PORT := 9092
PYTEST_ARGS ?=
# Most tests wait for a broker more than they compute, so two processes halve the time; each starts its own Kafka.
TEST_PROCESSES ?= 2
CHAOS_ARGS ?= --tier long
FUZZ_STAMP := $(VENV)/.fuzz
FUZZ_ARGS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help install demo test faults chaos fuzz fuzz-install bench-install lint format docs kafka kafka-fetch kafka-stop lock clean

help:
	@echo "make demo     the three golden journeys, on a broker of its own"
	@echo "make test     all tests          (PYTEST_ARGS='-k consent' for some, TEST_PROCESSES=0 for one process)"
	@echo "make faults   ten minutes more of tests: outages, and every guard taken out in turn and found out by the checker"
	@echo "make chaos    the long fault run, an hour: workers killed on a real Kafka   (CHAOS_ARGS='--tier short': 8 minutes)"
	@echo "make fuzz     100,000 hostile messages by Hypothesis and as many by atheris   (FUZZ_ARGS=5000 for fewer)"
	@echo "make bench-install  what benchmarks compare with: Vowpal Wabbit and its estimators"
	@echo "make lint     ruff, mypy, import rules"
	@echo "make format   ruff's formatter over everything"
	@echo "make docs     the pages and tables that are made from the code: settings, metrics, schemas, policy"
	@echo "make kafka    a real Kafka on 127.0.0.1:$(KAFKA_PORT), from Maven; make kafka-stop ends it, kafka-fetch only fetches it"
	@echo "make lock     write the lock files again (needs uv)"
	@echo "make clean    remove what these commands made"

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Garbo needs Python 3.11 (python3.11, or python3 of that version, on the PATH)."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	$(BIN)/garbo demo

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

faults: $(STAMP)
	$(BIN)/python -m pytest -m faults $(PYTEST_ARGS)

chaos: $(STAMP)
	$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)
	$(BIN)/python -m docs.settings_page
	$(BIN)/python -m docs.features_page
	$(BIN)/python -m garbo.adapters.observability.document
	$(BIN)/python -m tests.unit.adapters.avro.message_page
	$(BIN)/python -m tests.unit.policy.document
	$(BIN)/python -m tests.unit.text.figures

bench-install: $(STAMP) requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock

fuzz: fuzz-install
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

fuzz-install: $(FUZZ_STAMP)

$(FUZZ_STAMP): $(STAMP) requirements-fuzz.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	@touch $@

kafka:
	@deploy/kafka/start.sh $(KAFKA_DIR) $(KAFKA_PORT)
	@echo "Stop it with: make kafka-stop    Its data stays in $(KAFKA_DIR)"

kafka-fetch:
	@deploy/kafka/fetch.sh

kafka-stop:
	@deploy/kafka/stop.sh $(KAFKA_DIR)

# The first for whoever builds and tests, the second, a part of it, for the image, the third for `make fuzz` besides.
# Old pins are kept where they fit.
lock:
	@command -v uv > /dev/null || { echo "make lock needs uv: python3 -m pip install uv"; exit 1; }
	uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet -o requirements.lock
	uv pip compile pyproject.toml --constraints requirements.lock --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet -o deploy/requirements.lock
	uv pip compile --group fuzz --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet -o requirements-fuzz.lock
	uv pip compile --group bench --constraints requirements.lock --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet -o requirements-bench.lock

clean: kafka-stop
	rm -rf $(VENV) .kafka .garbo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
