# shellcheck shell=bash
# Hosts of Debian 12 under their own systemd, in containers. Source it after common.sh, set `work` to a directory first.
# Installs podman, runc and debootstrap; the image is kept in MUSTER_CACHE. Needs root.

# What a host has before anything of Muster's: the packages' dependencies, what Python and MLServer load, and a container engine
# with a registry, which a host starts that has any use for them.
readonly systemd_hosts_packages=(
    systemd systemd-sysv dbus nftables libnghttp2-14 libsqlite3-0 libstdc++6 libgcc-s1 zlib1g ca-certificates procps
    iproute2 util-linux python3 libssl3 libffi8 libbz2-1.0 liblzma5 libreadline8 podman netavark runc docker-registry
)
# Off until a story turns it on.
readonly systemd_hosts_disabled=(
    podman.socket podman.service podman-restart.service podman-auto-update.service
    podman-auto-update.timer docker-registry.service
)
# crun fails where limits cannot be raised; runc does with these.
readonly systemd_hosts_engine='[containers]
default_ulimits = ["nofile=1024:20000", "nproc=1000:1000"]
[engine]
runtime = "runc"
'
# The same on a host: control groups are not systemd's to make there, and its API takes the higher limit for both.
readonly systemd_hosts_engine_inside='[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
'
systemd_hosts_image=localhost/muster-host:$(content_hash <(
    echo "${systemd_hosts_packages[*]} ${systemd_hosts_disabled[*]} $systemd_hosts_engine_inside"
))

# How a host is run, beside its name, network and volumes. cgroupns: limits would be accepted and not applied without it. Not
# --systemd=always: under control groups of version 1 all hosts would share one tree of units, and one host's boot would
# remove another's groups.
# shellcheck disable=SC2034
readonly systemd_hosts_options=(
    --privileged --cgroupns=private --systemd=false --tmpfs /run --tmpfs /run/lock --stop-signal SIGRTMIN+3
    --env container=podman
)

# systemd_hosts_prepare WHO: podman, and the image $systemd_hosts_image.
systemd_hosts_prepare() {
    [[ $EUID -eq 0 ]] || fail "cannot start a host of its own" "$1" "it needs root" "run it as root, or in a machine of its own"
    if ! command -v podman >/dev/null || ! command -v runc >/dev/null || ! command -v debootstrap >/dev/null; then
        say "installing podman, runc and debootstrap"
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            podman runc debootstrap containernetworking-plugins; } >"$MUSTER_CACHE/apt-podman.log" 2>&1 ||
            fail "cannot install podman" "$MUSTER_CACHE/apt-podman.log" "apt-get failed" "read the log"
    fi
    export CONTAINERS_CONF=${work:?}/containers.conf
    printf %s "$systemd_hosts_engine" >"$CONTAINERS_CONF"
    if podman image exists "$systemd_hosts_image"; then return; fi
    local tar=$MUSTER_CACHE/host-${systemd_hosts_image##*:}.tar
    if [[ ! -s $tar ]]; then
        say "making a Debian 12 host (a minute)"
        local include
        include=$(IFS=,; echo "${systemd_hosts_packages[*]}")
        debootstrap --variant=minbase --include="$include" bookworm "$work/rootfs" >"$work/debootstrap.log" 2>&1 ||
            fail "cannot make a Debian host" "$work/debootstrap.log" "$(tail -n 1 "$work/debootstrap.log")" "check the network"
        chroot "$work/rootfs" systemctl --quiet disable "${systemd_hosts_disabled[@]}"
        printf %s "$systemd_hosts_engine_inside" >"$work/rootfs/etc/containers/containers.conf"
        tar --directory "$work/rootfs" --create --file "$tar.new" .
        rm -rf -- "$work/rootfs"
        mv -- "$tar.new" "$tar"
    fi
    podman import --quiet "$tar" "$systemd_hosts_image" >/dev/null
}
