# shellcheck shell=sh
# An agent proves itself after an upgrade, or the one before comes back: for maintainer scripts and install.sh. Sourced.
#
#   muster_keep      before the files change: keeps them, and writes down how the agent stood
#   muster_prove     after they have changed: starts the agent and watches it; 1 when the one before was put back
#
# /var/lib/muster-agent-package   before (linked, running or stopped) · previous/ files · refused/ files of a version that failed

muster_kept=/var/lib/muster-agent-package
muster_files="usr/bin/muster-agent usr/bin/muster-shim usr/lib/systemd/system/muster-agent.service usr/lib/systemd/system/muster-endpoint.service"
# How long a start may take, and then the link, in seconds.
muster_start_limit=100
muster_link_limit=${MUSTER_AGENT_LINK_LIMIT:-30}

muster_linked() { /usr/bin/muster-agent status --output json 2>/dev/null | grep -q '"isConnected" *: *true'; }

# muster_standing: how the agent stands, in one word.
muster_standing() {
    if ! [ -d /run/systemd/system ] || ! systemctl --quiet is-active muster-agent.service; then
        echo stopped
    elif muster_linked; then
        echo linked
    else
        echo running
    fi
}

# muster_copy FROM TO: the agent's files, each replaced at once; a program that runs keeps its own.
muster_copy() {
    for muster_file in $muster_files; do
        [ -e "$1/$muster_file" ] || continue
        mkdir -p "$2/${muster_file%/*}"
        cp -p "$1/$muster_file" "$2/$muster_file.muster-copy"
        mv -f "$2/$muster_file.muster-copy" "$2/$muster_file"
    done
}

muster_keep() {
    [ -x /usr/bin/muster-agent ] || return 0
    rm -rf "$muster_kept"
    mkdir -m 0700 "$muster_kept"
    muster_copy "" "$muster_kept/previous"
    muster_standing >"$muster_kept/before"
}

# muster_stop: stops the agent; what is said from here on is another's.
muster_stop() {
    systemctl stop muster-agent.service || true
    muster_since=$(date +%s.%N)
}

# muster_start WANTED: starts the agent and waits until it stands so; else says why not.
muster_start() {
    if ! timeout "$muster_start_limit" systemctl start muster-agent.service >/dev/null 2>&1; then
        echo "it does not get as far as reading its journal and taking over what runs: $(muster_last_word)"
        return 1
    fi
    [ "$1" = linked ] || return 0
    muster_turns=$((muster_link_limit * 5))
    until muster_linked; do
        muster_turns=$((muster_turns - 1))
        if [ "$muster_turns" -le 0 ]; then
            echo "it has no link to the controller after $muster_link_limit s, and the one before had: $(muster_last_word)"
            return 1
        fi
        sleep 0.2
    done
}

# muster_last_word: what the agent said last, its newest complaint before all; a line may reach the journal a little late.
muster_last_word() {
    muster_looks=10
    while [ "$muster_looks" -gt 0 ]; do
        muster_looks=$((muster_looks - 1))
        muster_said=$(journalctl --quiet --unit muster-agent.service --identifier muster-agent \
            --since "@$muster_since" --output cat 2>/dev/null || true)
        if printf '%s\n' "$muster_said" | grep -E 'level=(warning|error|critical)' | tail -n 1 | grep .; then return; fi
        sleep 0.2
    done
    printf '%s\n' "$muster_said" | tail -n 1 | grep . || echo "it says nothing; see journalctl --unit muster-agent"
}

muster_prove() {
    [ -d /run/systemd/system ] || return 0
    muster_before=$(cat "$muster_kept/before" 2>/dev/null || echo stopped)
    # Tried once more (dpkg --configure): what failed is put in place again.
    if [ -d "$muster_kept/refused" ]; then
        muster_copy "$muster_kept/refused" ""
        rm -rf "$muster_kept/refused"
        systemctl daemon-reload
    fi
    if [ "$muster_before" = stopped ]; then
        rm -rf "$muster_kept"
        return 0
    fi
    muster_stop
    if muster_why=$(muster_start "$muster_before"); then
        rm -rf "$muster_kept"
        return 0
    fi
    muster_tried=$muster_since
    muster_new=$(/usr/bin/muster-agent --version 2>/dev/null | head -n 1 || true)
    muster_copy "" "$muster_kept/refused"
    muster_copy "$muster_kept/previous" ""
    systemctl daemon-reload
    muster_stop
    systemctl reset-failed muster-agent.service 2>/dev/null || true
    if muster_now=$(muster_start "$muster_before"); then
        muster_now="the agent before it is back (models served on all the while)"
    else
        muster_now="the agent before it was put back, and does not stand as it did either: $muster_now"
    fi
    printf 'error: %s\n  where: %s\n  why:   %s\n  next:  %s\n' \
        "the new muster-agent (${muster_new:-its version is unknown}) is not fit for this host; $muster_now" \
        "muster-agent.service on $(uname -n)" "$muster_why" \
        "see journalctl --unit muster-agent --since @${muster_tried%.*}; install another version, or try this one again: $1" >&2
    return 1
}
