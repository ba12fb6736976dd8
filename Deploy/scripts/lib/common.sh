# shellcheck shell=bash
# What every script here shares: where things are, and how to speak. Source it, do not run it.
#
# Sets and exports:
#   MUSTER_ROOT          the checkout
#   MUSTER_CACHE         what is kept between runs, outside git (override it by the environment)
#   MUSTER_MLSERVER_BIN  the directory that holds `mlserver` and the Python it runs on
#   MUSTER_PEERS_PYTHON  a Python with grpcio, protobuf and prometheus_client, for the peers of the tests
#   MUSTER_SCHEMATHESIS  what tries the operator API by its description
#   MUSTER_TRITON        a directory with a Triton that is started by its `start`
#   MUSTER_PROMTOOL      Prometheus' own judge of metrics

MUSTER_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
MUSTER_CACHE=${MUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/muster}
MUSTER_REQUIREMENTS=$MUSTER_ROOT/Deploy/scripts/requirements

# say TEXT…: one line about what happens now.
say() { printf '%s %s\n' "--" "$*"; }

# complain WHAT WHERE WHY NEXT: a message has these four parts.
complain() {
    printf 'error: %s\n  where: %s\n  why:   %s\n  next:  %s\n' "$1" "$2" "$3" "$4" >&2
}

# fail WHAT WHERE WHY NEXT: says so and ends the script.
fail() {
    complain "$@"
    exit 1
}

# content_hash FILE…: the first 12 digits of the SHA-256 of these files' content.
content_hash() { cat -- "$@" | sha256sum | cut -c 1-12; }

# venv_directory NAME: where the Python environment of `requirements/NAME.txt` lives; another content, another place.
venv_directory() { printf '%s/venvs/%s-%s' "$MUSTER_CACHE" "$1" "$(content_hash "$MUSTER_REQUIREMENTS/$1.txt")"; }

# require_root WHAT: says beforehand how root is reached, or that it cannot be.
require_root() {
    [[ $EUID -eq 0 ]] && return
    command -v sudo >/dev/null ||
        fail "cannot $1" "as user $(id -un)" "it needs root, and there is no sudo" "run this script as root once"
    say "asking sudo for root, to $1"
    sudo -v
}

# as_root COMMAND…: runs it as root, after `require_root`.
as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo -- "$@"; fi; }

MUSTER_MLSERVER_BIN=$(venv_directory mlserver)/bin
MUSTER_PEERS_PYTHON=$(venv_directory peers)/bin/python
MUSTER_SALT_BIN=$(venv_directory salt)/bin
MUSTER_SCHEMATHESIS=$(venv_directory schemathesis)/bin/st
MUSTER_TRITON=$MUSTER_CACHE/triton-$(content_hash "$MUSTER_REQUIREMENTS/triton.txt" "$MUSTER_ROOT/Deploy/scripts/lib/triton-start")
MUSTER_PROMTOOL=$MUSTER_CACHE/promtool/usr/bin/promtool
export MUSTER_ROOT MUSTER_CACHE MUSTER_MLSERVER_BIN MUSTER_PEERS_PYTHON MUSTER_SALT_BIN MUSTER_SCHEMATHESIS \
    MUSTER_TRITON MUSTER_PROMTOOL
