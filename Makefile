# Packshot's two commands: `make run` and `make test`. `make help` lists the rest.
# Everything is built with the optimised dev profile: a release build takes about three times as long.

DEMO    := data/raw/demo
PROJECT := data/interim/demo-project
TARGET  := $(or $(CARGO_TARGET_DIR),target)
BIN     := $(TARGET)/debug/packshot
RUN     := $(BIN) --project $(PROJECT)
EPOCHS  ?= 8
# A Python with onnxruntime, for the test of exported models; the test says so and skips that part where it is not there.
VENV    := $(TARGET)/onnx-venv
export PACKSHOT_PYTHON ?= $(wildcard $(VENV)/bin/python)

export XDG_RUNTIME_DIR ?= /tmp/packshot-runtime-$(shell id -u)
# rustup's default place, for shells that have not read its profile yet.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

.PHONY: help run test check check-photos onnx-check mlflow-check test-integration bench data train build setup setup-test fmt lint clean-demo

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## install what is missing, build, do the main job on the demo catalogue, open the window
	@scripts/main-job.sh $(BIN) $(DEMO) $(PROJECT) $(EPOCHS)
	@scripts/open-window.sh $(BIN) $(PROJECT)

test: setup-test ## install what the tests need and run them all; with Python, the model in MLflow, too
	cargo test
	@scripts/integration.sh --skip $(BIN) $(TARGET)/integration mlflow

check: setup-test fmt lint test ## what CI runs: formatting, lints, core build, tests

check-photos: setup-test ## hold the measures against every real photo: the tests look at a quarter of them
	PACKSHOT_ALL_PHOTOS=1 cargo test --test photos -- --nocapture
	PACKSHOT_ALL_PHOTOS=1 cargo test --lib dedup::real_tests -- --nocapture

onnx-check: setup-test ## run exported models in onnxruntime, which is installed with pip into the build folder
	@scripts/onnx-venv.sh $(VENV)
	@$(if $(PACKSHOT_PYTHON),,PACKSHOT_PYTHON=$$(ls $(VENV)/bin/python 2>/dev/null || true)) cargo test --test onnx -- --nocapture

mlflow-check: build ## export runs to a real MLflow server on this machine, which is installed with pip into the build folder
	@scripts/mlflow-venv.sh $(TARGET)/mlflow-venv
	@scripts/mlflow-check.sh $(BIN) $(TARGET)/mlflow-venv

test-integration: build ## MLflow, the API, load, Spark, Prefect and containers, the real ones: installs them, starts them on this machine
	@scripts/integration.sh $(BIN) $(TARGET)/integration $(PARTS)

bench: setup-test ## measure speed: decoding, measuring, thumbnails, near-duplicates (benches/peers compares with other tools)
	cargo bench --profile dev

data: build ## draw the demo catalogue into data/raw/demo
	@$(BIN) demo $(DEMO)

train: build data ## train on the demo catalogue
	@scripts/main-job.sh $(BIN) $(DEMO) $(PROJECT) $(EPOCHS) train

build: setup
	@test -x $(BIN) || echo "Building Packshot: about ten minutes on two cores the first time, seconds after that"
	@cargo build

setup:
	@scripts/setup.sh

setup-test:
	@scripts/setup.sh test
	@mkdir -p $(XDG_RUNTIME_DIR) && chmod 700 $(XDG_RUNTIME_DIR)

fmt:
	cargo fmt --check

lint:
	cargo clippy --all-targets -- -D warnings
	cargo check --no-default-features --target-dir $(TARGET)/core
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not installed: licences and advisories are not checked"; fi

clean-demo: ## remove the demo catalogue and its project
	rm -rf $(DEMO) $(PROJECT)
