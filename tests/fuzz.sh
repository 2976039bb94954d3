#!/bin/sh
# Fuzzes what reads foreign text: `sh tests/fuzz.sh [SECONDS] [TARGET…]`, 600 seconds and every target if not told.
# Needs a C++ compiler besides Rust. Inputs, findings and logs are in target/fuzz; what was learnt is used again the next time.
set -eu
cd "$(dirname "$0")/.."

SECONDS_EACH=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- views recognizers request replies
OUT=target/fuzz
TRIPLE=$(rustc -vV | sed -n 's/^host: //p')

# The flags of cargo-fuzz without a sanitizer, so that a stable compiler does: there is no `unsafe` here to sanitize. With
# `--target` they don't reach build scripts.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-simplifycfg-branch-fold-threshold=0 --cfg fuzzing"
export RUSTFLAGS
"${CARGO:-cargo}" build --locked --quiet --release --manifest-path tests/fuzz/Cargo.toml --target "$TRIPLE" --target-dir "$OUT"

# Prints the last value of a libFuzzer statistic.
statistic() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

failed=0
for target in "$@"; do
    seeds=$OUT/seeds/$target corpus=$OUT/corpus/$target found=$OUT/found/$target log=$OUT/$target.log
    rm -rf "$seeds"
    mkdir -p "$seeds" "$corpus" "$found"
    : >"$OUT/$target.words"
    # The dictionary is read after the target has written it.
    if FUZZ_SEEDS=$seeds FUZZ_WORDS=$OUT/$target.words "$OUT/$TRIPLE/release/$target" \
        -max_total_time="$SECONDS_EACH" -max_len=4096 -timeout=120 -rss_limit_mb=2048 -dict="$OUT/$target.words" \
        -artifact_prefix="$found/" -print_final_stats=1 "$corpus" "$seeds" >"$log" 2>&1; then
        covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
        printf '%s: %s inputs in %s s, %s edges covered, %s inputs kept, no finding\n' "$target" \
            "$(statistic number_of_executed_units "$log")" "$SECONDS_EACH" "$covered" "$(find "$corpus" -type f | wc -l)"
    else
        failed=1
        printf '%s: FINDING, see %s\n' "$target" "$log"
        grep -E "panicked at|^[^ ].*assert|ERROR: libFuzzer|Test unit written" -A 1 "$log" | head -n 20
    fi
done
[ $failed = 0 ] || printf 'again: %s/%s/release/TARGET %s/found/TARGET/FILE\n' "$OUT" "$TRIPLE" "$OUT"
exit $failed
