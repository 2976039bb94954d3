# Brings what llama.cpp needs to build: cmake, libclang, make and a C++ compiler. Sourced, not run, in the project's folder: it
# sets PATH, LIBCLANG_PATH and BINDGEN_EXTRA_CLANG_ARGS.
#
# System packages where they are there or may be installed; else cmake and libclang as Python wheels under target/build-needs.

BUILD_NEEDS=target/build-needs

need_say() { printf '%s\n' "build needs: $*" >&2; }

have() { command -v "$1" >/dev/null 2>&1; }

# Prints the folder that libclang is in.
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

# Debian's packages of what is missing, in one line.
missing_packages() {
    have cmake || printf 'cmake '
    find_libclang >/dev/null || printf 'libclang-dev '
    have make || printf 'make '
    have c++ || printf 'g++ '
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    have apt-get && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

install_packages() {
    need_say "installing with apt-get: $*"
    { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; } >/dev/null 2>&1
}

# Uses the wheels that are there, each only where the system has nothing.
use_wheels() {
    if [ -x "$BUILD_NEEDS/bin/cmake" ] && ! have cmake; then
        PATH=$PWD/$BUILD_NEEDS/bin:$PATH
        export PATH
    fi
    find_libclang >/dev/null && return 0
    wheel=$(find "$PWD/$BUILD_NEEDS" -name 'libclang.so*' 2>/dev/null | head -n 1)
    [ -n "$wheel" ] || return 0
    LIBCLANG_PATH=${wheel%/*}
    # the wheel has the library without the compiler's own headers, such as stddef.h: the C compiler's do
    BINDGEN_EXTRA_CLANG_ARGS="-isystem $(cc -print-file-name=include) ${BINDGEN_EXTRA_CLANG_ARGS:-}"
    export LIBCLANG_PATH BINDGEN_EXTRA_CLANG_ARGS
}

install_wheels() {
    need_say "installing cmake and libclang as Python wheels in $BUILD_NEEDS"
    python3 -m venv "$BUILD_NEEDS" && "$BUILD_NEEDS/bin/pip" install -q cmake libclang
}

bring_build_needs() {
    use_wheels
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # a list of words
    if may_install && install_packages $missing; then missing=$(missing_packages); fi
    case $missing in
    *cmake* | *libclang*)
        if install_wheels; then use_wheels; fi
        missing=$(missing_packages)
        ;;
    esac
    [ -n "$missing" ] || return 0
    need_say "still missing: ${missing% }; install it by hand, or build with --no-default-features (no local model)"
    return 1
}
