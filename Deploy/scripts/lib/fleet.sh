# shellcheck shell=bash
# A controller and three agents on this machine, for the demo: starting, watching, stopping. Source it after hosts.sh.
# The functions keep their state in these variables:
#   work, keep, story_told   the caller's      api, agents        where the controller listens
#   names, labels, addresses the three hosts   observe            the command that reads a fleet's state
# shellcheck disable=SC2154

readonly names=(lyon-1 ulm-1 cloud-1)
readonly labels=(site=lyon site=ulm site=cloud)
readonly observe=(python3 "$MUSTER_ROOT/Deploy/scripts/lib/observe.py")
current_step=
story_told=no
controller_pid=
clients=
agent_pids=("" "" "")

# fleet_choose_places: where everything listens.
fleet_choose_places() {
    if [[ $hosts_mode == namespaces ]]; then
        addresses=("$subnet.11" "$subnet.12" "$subnet.13")
        agents=$subnet.1:7443
        api=$subnet.1:7444
    else
        read -r -a addresses <<<"${MUSTER_DEMO_ADDRESSES:-127.0.0.11 127.0.0.12 127.0.0.13}"
        agents=${MUSTER_DEMO_AGENTS:-127.0.0.1:7443}
        api=${MUSTER_DEMO_API:-127.0.0.1:7444}
    fi
    readonly addresses agents api
}

# fleet_prepare WORK BIN: makes the directories and points every later `muster` at this fleet alone.
fleet_prepare() {
    mkdir -p -- "$1/logs"
    export MUSTER_CONFIG=$1/config
    export PATH=$2:$PATH:$MUSTER_MLSERVER_BIN
    export NO_COLOR=1
    # By default no host lets replicas run as root, and the demo's agents have one user: whoever runs the demo.
    export MUSTER_AGENT_POLICY=$1/policy.conf
    printf 'users = %s\n' "$(id --user --name)" >"$MUSTER_AGENT_POLICY"
    chmod 0644 "$MUSTER_AGENT_POLICY"
    local program
    for program in muster muster-controller muster-agent muster-shim; do
        [[ -x $2/$program ]] ||
            fail "there is no $program" "$2" "it has not been built" "run swift build, or unset MUSTER_BIN_DIR"
    done
    [[ -x $MUSTER_MLSERVER_BIN/mlserver ]] ||
        fail "there is no mlserver" "$MUSTER_MLSERVER_BIN" "set-up has not been run here" "run Deploy/scripts/setup"
}

fleet_refuse_taken_ports() {
    local taken
    if [[ $hosts_mode == namespaces ]]; then
        ! ip link show "$bridge" >/dev/null 2>&1 ||
            fail "there is a bridge $bridge already" "this machine" "another demo runs, or was killed before it cleaned up" \
                "end it ('demo --stop DIR'), or set MUSTER_DEMO_SUBNET to another network"
        return
    fi
    taken=$("${observe[@]}" taken "$agents" "$api" "${addresses[@]/%/:8080}" | paste -s -d ' ')
    [[ -z $taken ]] ||
        fail "something listens already on $taken" "this machine" "the demo's controller and model servers need these" \
            "end it (an earlier 'demo --keep' ends with 'demo --stop DIR'), or set MUSTER_DEMO_AGENTS, _API, _ADDRESSES"
}

step() {
    current_step=$1
    printf '\n== %s\n' "$1"
}

# step_failed WHY: ends the demo; fleet_leave tells the rest.
step_failed() {
    printf '\nerror: the demo failed at the step "%s"\n  where: %s\n  why:   %s\n' "$current_step" "$work" "$1" >&2
    exit 1
}

# indented: what a command prints, set apart from what the demo says.
indented() { sed -u 's/^/   | /'; }

# shown ARGUMENT…: a command as a person would type it; a token's secret is left out.
shown() {
    local argument line=
    for argument in "$@"; do
        case $argument in
        muster-host-*) argument="${argument:0:20}…" ;;
        '' | *[!A-Za-z0-9_./:=,@%+-]*) argument="'${argument//\'/\'\\\'\'}'" ;;
        esac
        line+=" $argument"
    done
    printf '   $%s\n' "$line"
}

# run_expecting STATUS COMMAND…: shows it, runs it, and fails unless it exits so.
run_expecting() {
    local wanted=$1 status=0
    shift
    shown "$@"
    "$@" 2>&1 </dev/null | indented || status=${PIPESTATUS[0]}
    [[ $status -eq $wanted ]] || step_failed "'$1 ${2:-}' exited $status, not $wanted"
}

run() { run_expecting 0 "$@"; }

# run_seeing TEXT COMMAND…: like run, and fails unless TEXT is among what it printed.
run_seeing() {
    local text=$1 said
    shift
    shown "$@"
    said=$("$@" 2>&1 </dev/null) || step_failed "'$1 ${2:-}' failed: $said"
    indented <<<"$said"
    [[ $said == *"$text"* ]] || step_failed "'$1 ${2:-}' did not say '$text'"
}

# expect WHAT SEEN WANTED
expect() {
    [[ $2 == "$3" ]] || step_failed "$1: saw '$2', expected '$3'"
    say "seen: $1: $2"
}

# wait_until SECONDS WHAT COMMAND…: asks again until the command succeeds; its last words are the reason if it never does.
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2 said
    shift 2
    until said=$("$@" 2>&1); do
        if [[ $SECONDS -ge $deadline ]]; then step_failed "not so in time: $what ($said)"; fi
        sleep 0.2
    done
    say "seen: $what"
}

controller_start() {
    say "starting muster-controller (agents on $agents, operators on $api)"
    setsid muster-controller --data "$work/controller" --listen-agents "$agents" --listen-api "$api" \
        >>"$work/logs/controller.log" 2>&1 </dev/null &
    controller_pid=$!
    wait_until 30 "the controller answers" controller_answers
}

controller_answers() {
    kill -0 "$controller_pid" || return
    [[ -s $work/controller/admin-credentials ]] && curl --silent --insecure --output /dev/null "https://$api/"
}

controller_stop() {
    say "stopping muster-controller (SIGTERM)"
    kill "$controller_pid"
    wait "$controller_pid" || step_failed "muster-controller exited $? after SIGTERM; see $work/logs/controller.log"
    controller_pid=
}

agent_enroll() {
    local token
    shown muster host token create --label "${labels[$1]}"
    token=$(muster host token create --label "${labels[$1]}" 2>"$work/logs/token") ||
        step_failed "no token for ${names[$1]}: $(<"$work/logs/token")"
    indented <"$work/logs/token"
    run on_host "$1" muster-agent enroll --controller "$agents" --token "$token" --data "$work/${names[$1]}" \
        --name "${names[$1]}" --address "${addresses[$1]}"
}

agent_start() {
    if [[ $hosts_mode == namespaces ]]; then
        if [[ -z ${host_parents[$1]} ]]; then
            host_boot "$1"
        else
            say "letting ${names[$1]} start its agent again"
            rm -f -- "$work/${names[$1]}.held"
        fi
        wait_until 10 "the agent of ${names[$1]} runs" host_agent "$1"
        return
    fi
    say "starting muster-agent on ${names[$1]} (${addresses[$1]}, ${labels[$1]})"
    setsid muster-agent run --data "$work/${names[$1]}" --endpoint off >>"$work/logs/${names[$1]}.log" 2>&1 </dev/null &
    agent_pids[$1]=$!
}

agent_kill() {
    if [[ $hosts_mode == namespaces ]]; then
        touch -- "$work/${names[$1]}.held"
        agent_pids[$1]=$(host_agent "$1")
    fi
    say "kill -9 ${agent_pids[$1]} (the agent of ${names[$1]})"
    kill -KILL "${agent_pids[$1]}"
    # Reaped, so that bash does not report it in the middle of the story.
    if [[ $hosts_mode == flat ]]; then wait "${agent_pids[$1]}" 2>/dev/null || true; fi
    agent_pids[$1]=
}

hosts_connected() { muster get hosts -o json | "${observe[@]}" connected "$1"; }
deployment_converged() { muster get deployment wine -o json | "${observe[@]}" converged "$1"; }

# server_pids [INDEX…]: the pids of the model servers of these hosts, all when none is named, as this machine counts.
server_pids() {
    local index
    if [[ $# -eq 0 ]]; then set -- 0 1 2; fi
    for index; do "${observe[@]}" server "$work/${names[$index]}"; done | paste -s -d ' '
}

# own_pids PID…: the same processes as their own hosts count.
own_pids() { "${observe[@]}" own "$@"; }

# reported_pids: the three model servers' pids as the agents report them.
reported_pids() { muster get deployment wine -o json | "${observe[@]}" pids "${names[@]}"; }

# predictions ADDRESS [REQUEST]: what the model there says about the probed wines, or those of another file.
predictions() {
    curl --silent --show-error --fail --max-time 10 "http://$1:8080/v2/models/wine/infer" \
        --header content-type:application/json --data "@${2:-$work/request.json}" | "${observe[@]}" classes
}

# clients_start: asks every endpoint again and again, each time on a new connection, until clients_end.
clients_start() {
    rm -f -- "$work/clients.end"
    "${observe[@]}" ask "$work/request.json" "$work/clients.end" "${addresses[@]}" >"$work/clients" &
    clients=$!
}

# clients_end: no request failed, where endpoints are switched in the kernel; else the gap is shown.
clients_end() {
    touch -- "$work/clients.end"
    wait "$clients" || step_failed "the clients ended with $?"
    if [[ $hosts_mode == flat ]]; then
        say "meanwhile, on new connections: $(<"$work/clients") (the gap of a host without the endpoint's switch)"
    else
        [[ $(<"$work/clients") == *" 0 failed" ]] || step_failed "of the requests meanwhile, $(<"$work/clients")"
        say "seen: meanwhile, on new connections from another host: $(<"$work/clients")"
    fi
}

# endpoints_show: what the kernel of each host does with the stable port; and a client on the host itself.
endpoints_show() {
    if [[ $hosts_mode == flat ]]; then return; fi
    local index
    for index in 0 1 2; do
        say "$(on_host "$index" nft list map inet muster endpoint | grep elements | tr -s '\t ' ' ') (${names[$index]})"
        on_host "$index" curl --silent --fail --output /dev/null "http://127.0.0.1:8080/v2/health/live" ||
            step_failed "a client on ${names[$index]} itself is not answered on 127.0.0.1:8080"
    done
    say "seen: clients on the hosts themselves are answered too"
}

# expect_predictions WANTED: asks every endpoint.
expect_predictions() {
    local index said
    for index in 0 1 2; do
        said=$(predictions "${addresses[$index]}" 2>&1) || true
        expect "http://${addresses[$index]}:8080 (${names[$index]}) answers" "$said" "$1"
    done
}

# fleet_stop DIRECTORY: ends every process of ours that works inside it: agents and controller first, so that nobody
# starts a model server again; at last with SIGKILL.
fleet_stop() {
    local signal pids attempt
    hosts_remove "$1"
    for signal in TERM TERM KILL; do
        mapfile -t pids < <("${observe[@]}" inside "$1")
        [[ ${#pids[@]} -gt 0 ]] || return 0
        kill "-$signal" "${pids[@]}" 2>/dev/null || true
        for attempt in {1..50}; do
            mapfile -t pids < <("${observe[@]}" inside "$1")
            if [[ ${#pids[@]} -eq 0 || $attempt -eq 50 ]]; then break; fi
            sleep 0.2
        done
    done
}

# fleet_leave STATUS: the EXIT trap. Success: clean up, unless told to keep. Failure: say where the logs are, and their ends.
fleet_leave() {
    trap '' INT TERM
    local log
    if [[ $story_told == yes && $keep == yes ]]; then return; fi
    [[ -n $work && -d $work/logs ]] || return 0
    if [[ $story_told != yes && $1 -ne 130 && $1 -ne 143 ]]; then
        for log in "$work"/logs/*.log "$work"/*/replicas/*/*.log; do
            [[ -s $log ]] || continue
            printf '\n-- the end of %s\n' "$log" >&2
            tail -n 15 "$log" | indented >&2
        done
        printf '  next:  read the logs in %s; they and all other files are kept there\n' "$work" >&2
    fi
    fleet_stop "$work"
    if [[ $story_told == yes ]]; then
        rm -rf -- "$work"
    elif [[ $1 -eq 130 || $1 -eq 143 ]]; then
        printf '\n-- stopped at the step "%s"; every process is ended, the files are in %s\n' "$current_step" "$work" >&2
    fi
}
