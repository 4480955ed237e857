# Sourced by `run` and `advisories`, so that the version of cargo-deny is
# written down once.

# Where cargo builds, for the tool and for what it checks.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"

# Puts `cargo deny` on the PATH, built from source if the machine has none.
install_cargo_deny() {
    export PATH="$CARGO_TARGET_DIR/tools/bin:$PATH"
    if ! command -v cargo-deny >/dev/null; then
        # Unoptimised it is built in a minute or two and checks us in seconds.
        CARGO_TARGET_DIR="$CARGO_TARGET_DIR/tools/build" cargo install --quiet --locked --debug \
            --no-default-features --root "$CARGO_TARGET_DIR/tools" --version 0.20.2 cargo-deny
        rm -rf "$CARGO_TARGET_DIR/tools/build"
    fi
}
