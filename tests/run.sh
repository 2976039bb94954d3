#!/bin/sh
# Runs all tests: format, lints, unit, property and integration tests, policies, and real clients against the gateway.
# Brings what they need: cmake and libclang for the build, the small model, Python packages in a virtual environment.
set -eu
cd "$(dirname "$0")/.."
. deploy/build-needs.sh

step() { printf '\n== %s\n' "$*"; }

step "build needs"
bring_build_needs

step "format"
cargo fmt --check

step "lints"
cargo clippy --locked --quiet --all-targets -- -D warnings

# Builds the program too; a build of its own would compile the big crates once more, for they differ in features.
step "build"
cargo test --locked --quiet --no-run

step "model files"
models=$PWD/target/test-models
mkdir -p "$models"
for model in smollm2-135m lac rampart; do target/debug/vestibule model --folder "$models" pull "$model"; done
VESTIBULE_TEST_MODELS=$models
VESTIBULE_TEST_MODEL=$(find "$models" -name '*.gguf' | head -n 1)
export VESTIBULE_TEST_MODELS VESTIBULE_TEST_MODEL

step "unit, property and integration tests"
cargo test --locked --quiet

step "clients"
VENV=target/test-venv
[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
"$VENV/bin/pip" install --quiet 'openai>=2,<3'
"$VENV/bin/python" -m unittest discover --start-directory tests/clients --pattern '*_test.py' --verbose

step "all tests passed"
