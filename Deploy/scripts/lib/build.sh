# shellcheck shell=bash
# Building, with a message that says what to do when it fails. Source it after common.sh.

export MUSTER_CONFIGURATION=${MUSTER_CONFIGURATION:-debug}

# build ARGUMENT…: `swift build` of the chosen configuration, in the checkout.
build() {
    say "swift build --configuration $MUSTER_CONFIGURATION $*"
    swift build --package-path "$MUSTER_ROOT" --configuration "$MUSTER_CONFIGURATION" "$@" ||
        fail "the build failed" "$MUSTER_ROOT" "the compiler says it above" \
            "mend it; if it speaks of a missing library or module, run Deploy/scripts/setup first"
}
