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

# Packages whose list has not changed since they were installed are not asked for again.
step "clients: packages"
VENV=target/test-venv
WANTED=tests/clients/requirements.txt
[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
if ! cmp -s "$WANTED" "$VENV/installed.txt"; then
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --requirement "$WANTED"
    cp "$WANTED" "$VENV/installed.txt"
fi
VESTIBULE_TEST_NODE=$PWD/target/test-node
WANTED=tests/clients/node/package.json
mkdir -p "$VESTIBULE_TEST_NODE"
if ! cmp -s "$WANTED" "$VESTIBULE_TEST_NODE/installed.json"; then
    cp "$WANTED" "$VESTIBULE_TEST_NODE/package.json"
    npm install --prefix "$VESTIBULE_TEST_NODE" --silent --no-audit --no-fund --no-package-lock
    cp "$WANTED" "$VESTIBULE_TEST_NODE/installed.json"
fi
export VESTIBULE_TEST_NODE

step "clients, canaries and the API's description"
"$VENV/bin/python" -W ignore -m unittest discover --start-directory tests/clients --pattern '*_test.py' --verbose

step "all tests passed"
