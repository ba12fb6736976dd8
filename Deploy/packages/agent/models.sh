# shellcheck shell=sh
# What runs on this host by the agent's files, without an agent: for maintainer scripts and install.sh. Sourced.

muster_data=/var/lib/muster-agent

# muster_models: the model servers that run, one a line: PID NAME HOLDER…, where HOLDER is how it is asked to end: `kill SHIM`,
# `systemctl stop UNIT`, or `ENGINE stop ID`. A process is known by its number and its start (field 22 of /proc/PID/stat), so
# that nothing else is taken for one.
muster_models() {
    for muster_handle in "$muster_data"/replicas/*/handle "$muster_data"/replicas/*/unit "$muster_data"/replicas/*/container; do
        [ -f "$muster_handle" ] || continue
        muster_child=$(sed -n 's/^child //p' "$muster_handle")
        muster_shim=$(sed -n 's/^shim //p' "$muster_handle")
        muster_lives "$muster_child" || muster_lives "$muster_shim" || continue
        case ${muster_child%% *} in '' | *[!0-9]*) continue ;; esac
        # The agent's user has written these: what is not of their form is not run as root.
        muster_shim=${muster_shim%% *}
        muster_unit=$(sed -nE 's/^unit (muster-[A-Za-z0-9._-]+\.service)$/\1/p' "$muster_handle")
        muster_id=$(sed -nE 's/^id ([0-9a-f]{64})$/\1/p' "$muster_handle")
        case ${muster_shim:-0} in
        *[!0-9]* | 0) muster_holder="kill ${muster_child%% *}" ;;
        *) muster_holder="kill $muster_shim" ;;
        esac
        if [ -n "$muster_unit" ]; then muster_holder="systemctl stop $muster_unit"; fi
        if [ -n "$muster_id" ]; then muster_holder="$(muster_engine) stop -t 30 $muster_id"; fi
        muster_name=$(sed -nE 's/.*"log" *: *"([^"]*)".*/\1/p' "${muster_handle%/*}/replica.json" 2>/dev/null)
        muster_name=${muster_name##*/}
        muster_name=${muster_name%.log}
        echo "${muster_child%% *} ${muster_name:-unknown} $muster_holder"
    done
}

# muster_engine: the program of the container engine that is installed.
muster_engine() { if command -v podman >/dev/null; then echo podman; else echo docker; fi; }

# muster_lives "PID START": whether this very process lives.
muster_lives() {
    [ -r "/proc/${1%% *}/stat" ] || return 1
    [ "$(sed 's/^.*) //' "/proc/${1%% *}/stat" 2>/dev/null | cut -d ' ' -f 20)" = "${1##* }" ]
}

# muster_end_models: asks each to end, gives it 30 s, then kills it.
muster_end_models() {
    muster_models | while read -r muster_child muster_name muster_holder; do
        echo "ending $muster_name (pid $muster_child)"
        # Whoever holds it passes the request on, and ends what the server leaves behind. None waits for another.
        # shellcheck disable=SC2086
        { $muster_holder || kill "$muster_child" || true; } >/dev/null 2>&1 </dev/null &
    done
    muster_left=150
    while [ -n "$(muster_models)" ] && [ "$muster_left" -gt 0 ]; do
        muster_left=$((muster_left - 1))
        sleep 0.2
    done
    muster_models | while read -r muster_child muster_name muster_holder; do
        echo "killing $muster_name (pid $muster_child): it has not ended within 30 s"
        kill -s KILL "$muster_child" 2>/dev/null || true
        case $muster_holder in kill*) kill -s KILL "${muster_holder#kill }" 2>/dev/null || true ;; esac
    done
}

# muster_say_models HOW: what serves on, and HOW it is ended.
muster_say_models() {
    muster_running=$(muster_models)
    if [ -z "$muster_running" ]; then
        echo "No model server of Muster runs on this host."
        return
    fi
    echo "These model servers serve on; nothing starts them again when they end, or after a boot:"
    echo "$muster_running" | while read -r muster_child muster_name muster_holder; do
        echo "  $muster_name: pid $muster_child; to end it alone: $muster_holder"
    done
    echo "$1"
}

# muster_forget HOW-TO-END HOW-TO-SAY-YES: the last step of leaving. Asks on a terminal before it touches models that run and
# the data; without one, or without a yes, it leaves both and says so. MUSTER_AGENT_PURGE=yes or no is an answer given before.
muster_forget() {
    [ -d "$muster_data" ] || return 0
    muster_say_models "$1"
    muster_answer=${MUSTER_AGENT_PURGE:-}
    if [ -z "$muster_answer" ] && [ -t 0 ] && [ "${DEBIAN_FRONTEND:-}" != noninteractive ]; then
        printf 'End what runs, and remove %s with the identity of this host, its models and logs? [yes/NO] ' "$muster_data"
        read -r muster_answer || muster_answer=
    fi
    if [ "$muster_answer" != yes ]; then
        echo "Nothing was ended, and $muster_data was left as it is. To end and remove it: $2"
        return 0
    fi
    muster_end_models
    if [ -n "$(muster_models)" ]; then
        printf 'error: %s\n  where: %s\n  why:   %s\n  next:  %s\n' "model servers cannot be ended" "$muster_data/replicas" \
            "they live on after SIGKILL" "see what holds them (ps -o pid,stat,wchan,cmd), or restart the host" >&2
        return 1
    fi
    nft delete table inet muster 2>/dev/null || true
    rm -rf -- "$muster_data" /var/lib/muster-agent-package /run/muster-agent
    echo "$muster_data is removed. The fleet forgets the host with: muster host revoke NAME; muster host delete NAME"
}
