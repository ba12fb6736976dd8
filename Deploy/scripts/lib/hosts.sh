# shellcheck shell=bash
# The demo's hosts, each in a network and a pid namespace of its own, with an address on a bridge of this machine; where that
# is not possible they share this machine's. Source it after common.sh, before fleet.sh.
#   MUSTER_DEMO_HOSTS=auto|namespaces|flat    auto: namespaces where this user may make them
#   MUSTER_DEMO_SUBNET=A.B.C                  the hosts are A.B.C.11 to .13, the controller A.B.C.1   (10.91.0)
# shellcheck disable=SC2154

hosts_mode=${MUSTER_DEMO_HOSTS:-auto}
readonly subnet=${MUSTER_DEMO_SUBNET:-10.91.0}
readonly bridge=mbr-${subnet//./-}
host_parents=("" "" "")

# namespace INDEX: the name of a host's network namespace.
namespace() { printf 'muster-%s-%s' "${subnet//./-}" "${names[$1]}"; }

# hosts_obstacle: prints why namespaces cannot be made here; nothing when they can.
hosts_obstacle() {
    local program said
    for program in ip nft unshare; do
        command -v "$program" >/dev/null || { echo "there is no $program"; return; }
    done
    said=$(unshare --net --pid --fork --mount-proc true 2>&1) || echo "${said:-unshare failed}"
}

# hosts_choose: settles hosts_mode, and says so where it is the lesser one.
hosts_choose() {
    PATH=$PATH:/usr/sbin:/sbin
    local obstacle=
    case $hosts_mode in
    flat) obstacle="MUSTER_DEMO_HOSTS is 'flat'" ;;
    auto | namespaces) obstacle=$(hosts_obstacle) ;;
    *) fail "unknown MUSTER_DEMO_HOSTS '$hosts_mode'" "the environment" "it takes auto, namespaces and flat" "name one" ;;
    esac
    if [[ -z $obstacle ]]; then
        hosts_mode=namespaces
        return
    fi
    [[ $hosts_mode != namespaces ]] ||
        fail "no namespaces can be made" "this machine" "$obstacle" "run the demo as root, or set MUSTER_DEMO_HOSTS=flat"
    hosts_mode=flat
    say "no namespaces here ($obstacle): the three hosts share this machine's network and processes, so that updates"
    say "have a gap (no endpoint is switched in the kernel) and no reboot is shown"
}

# hosts_lay: the bridge and a namespace for each host.
hosts_lay() {
    if [[ $hosts_mode == flat ]]; then return; fi
    echo "link $bridge" >>"$work/namespaces"
    ip link add "$bridge" type bridge
    ip address add "$subnet.1/24" dev "$bridge"
    ip link set "$bridge" up
    local index
    for index in 0 1 2; do host_lay "$index"; done
}

# host_lay INDEX: a network of its own, as new hardware has it: no rules, no connections.
host_lay() {
    local name peer
    name=$(namespace "$1")
    peer=mv-${subnet//./-}-$1
    echo "netns $name" >>"$work/namespaces"
    ip netns add "$name"
    ip link add "$peer" type veth peer name eth0 netns "$name"
    ip link set "$peer" master "$bridge" up
    ip -n "$name" link set lo up
    ip -n "$name" address add "${addresses[$1]}/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" route add default via "$subnet.1"
}

# on_host INDEX COMMAND…: runs a command in a host's network.
on_host() {
    local index=$1
    shift
    if [[ $hosts_mode == flat ]]; then "$@"; else ip netns exec "$(namespace "$index")" "$@"; fi
}

# host_boot INDEX: starts its pid 1, which starts its agent.
host_boot() {
    local name=${names[$1]}
    say "booting $name (${addresses[$1]}): a pid 1 of its own, which starts the agent"
    rm -f -- "$work/$name.held"
    ip netns exec "$(namespace "$1")" setsid unshare --pid --fork --kill-child --mount-proc \
        "$MUSTER_ROOT/Deploy/scripts/lib/host-init" "$work/$name" >>"$work/logs/$name.log" 2>&1 </dev/null &
    host_parents[$1]=$!
    # Whoever kills it knows: bash need not say so in the middle of the story.
    disown "$!"
    echo "$!" >"$work/$name.parent"
    wait_until 10 "$name has a pid 1" host_init "$1"
}

# host_init INDEX: the pid of a host's pid 1, as this machine counts.
host_init() { pgrep --parent "${host_parents[$1]}"; }

# host_agent INDEX: the pid of a host's agent, as this machine counts.
host_agent() { pgrep --parent "$(host_init "$1")" --exact muster-agent; }

host_is_off() { ! kill -0 "${host_parents[$1]}" 2>/dev/null; }

# host_cut_power INDEX: everything in a host is killed at once, and what its kernel knew is gone.
host_cut_power() {
    local name=${names[$1]}
    say "cutting the power of $name: kill -9 of its pid 1, and everything in it with it"
    kill -KILL "$(host_init "$1")"
    wait_until 10 "nothing of $name runs" host_is_off "$1"
    host_parents[$1]=
    rm -f -- "$work/$name.parent"
    ip netns delete "$(namespace "$1")"
}

# host_cut_off INDEX: nobody reaches it any more; what runs there goes on. Where hosts share this machine's network only its
# agent is gone.
host_cut_off() {
    if [[ $hosts_mode == flat ]]; then
        agent_kill "$1"
        return
    fi
    say "cutting ${names[$1]} off the network"
    ip link set "mv-${subnet//./-}-$1" down
}

# host_join INDEX: the end of that.
host_join() {
    if [[ $hosts_mode == flat ]]; then
        agent_start "$1"
        return
    fi
    say "joining ${names[$1]} to the network again"
    ip link set "mv-${subnet//./-}-$1" up
}

# hosts_remove DIRECTORY: ends the hosts of a demo and removes what it laid.
hosts_remove() {
    local kind name file
    for file in "$1"/*.parent; do
        if [[ -s $file ]]; then kill -KILL "$(<"$file")" 2>/dev/null || true; fi
        rm -f -- "$file"
    done
    [[ -s $1/namespaces ]] || return 0
    while read -r kind name; do
        if [[ $kind == netns ]]; then ip netns delete "$name" 2>/dev/null || true; fi
        if [[ $kind == link ]]; then ip link delete "$name" 2>/dev/null || true; fi
    done < <(sort -u -r -- "$1/namespaces")
    rm -f -- "$1/namespaces"
}
