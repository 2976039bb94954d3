# Brings cmake and libclang, which llama.cpp needs to build. Sourced, not run: it sets PATH and LIBCLANG_PATH.
#
# System packages where they are there or may be installed, Python wheels under target/build-needs otherwise.

need_say() { printf '%s\n' "build needs: $*" >&2; }

find_libclang() {
    for folder in "${LIBCLANG_PATH:-}" /usr/lib/llvm-*/lib /usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu /usr/lib64 /usr/lib; do
        for file in "$folder"/libclang.so "$folder"/libclang.so.* "$folder"/libclang-*.so*; do
            if [ -n "$folder" ] && [ -e "$file" ]; then
                printf '%s\n' "$folder"
                return 0
            fi
        done
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

needs_from_packages() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    need_say "installing cmake and libclang-dev with apt-get"
    { as_root apt-get update -qq && as_root apt-get install -y -qq cmake libclang-dev; } >/dev/null 2>&1
}

needs_from_wheels() {
    venv=target/build-needs
    need_say "installing cmake and libclang as Python wheels in $venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q cmake libclang || return 1
    PATH="$PWD/$venv/bin:$PATH"
    LIBCLANG_PATH=$(find "$PWD/$venv" -name 'libclang.so*' -exec dirname {} \; | head -n 1)
    export PATH LIBCLANG_PATH
}

bring_build_needs() {
    if [ -x target/build-needs/bin/cmake ] && ! command -v cmake >/dev/null 2>&1; then
        PATH="$PWD/target/build-needs/bin:$PATH"
        export PATH
    fi
    if command -v cmake >/dev/null 2>&1 && find_libclang >/dev/null; then
        return 0
    fi
    needs_from_packages || needs_from_wheels || {
        need_say "cmake and libclang could not be installed; install them by hand, or build with --no-default-features"
        return 1
    }
}
