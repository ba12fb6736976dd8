#!/bin/sh
# Makes this machine a host of a fleet, without a package: installs the agent that lies beside this script, enrols it, starts
# it, waits until it is linked, and says what was done. Run again it changes nothing that is so already; from a newer tarball
# it upgrades the agent, which proves itself or makes room for the one before. Models serve on all the while.
#
#   sudo ./install.sh --controller HOST:7443 --token TOKEN [--label KEY=VALUE]…   and whatever muster-agent-setup takes
#   sudo ./install.sh --uninstall     removes the agent; models serve on
#   sudo ./install.sh --purge         then asks, ends the models and removes the data (without a terminal: MUSTER_AGENT_PURGE=yes)
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
root=$here/root
lib=/usr/lib/muster-agent

fail() {
    printf 'error: %s\n  where: %s\n  why:   %s\n  next:  %s\n' "$1" "$2" "$3" "$4" >&2
    exit 1
}

# ours: every file of the tarball, without the leading /.
ours() { (cd "$root" && find . -type f | sed 's#^\./##' | sort); }

remove() {
    # shellcheck source=Deploy/packages/agent/models.sh
    . "$root$lib/models.sh"
    systemctl --quiet disable muster-agent.service muster-endpoint.service muster-ready.socket 2>/dev/null || true
    systemctl stop muster-agent.service muster-ready.socket 2>/dev/null || true
    ours | while read -r file; do
        # What a person has written stays.
        case $file in etc/*) cmp -s "$root/$file" "/$file" || continue ;; esac
        rm -f "/$file"
    done
    rm -rf /var/lib/muster-agent-package
    systemctl daemon-reload
    echo "muster-agent is removed."
    if [ "$1" = purge ]; then
        muster_forget "Nothing ends them unasked." "sudo MUSTER_AGENT_PURGE=yes $here/install.sh --purge"
    else
        muster_say_models "To end all of them and remove $muster_data: sudo $here/install.sh --purge (it asks first). Installed again, the agent takes them up."
    fi
}

install_files() {
    said=$("$root/usr/bin/muster-agent" --version 2>&1) ||
        fail "the agent does not run on this machine" "$root/usr/bin/muster-agent" "$said" \
            "install what it names (Debian, Ubuntu: apt-get install libnghttp2-14), or take the tarball for this machine"
    if ours | while read -r file; do
        case $file in etc/*) continue ;; esac
        cmp -s "$root/$file" "/$file" || exit 1
    done; then
        echo "installed already: $said"
        return
    fi
    # shellcheck source=Deploy/packages/agent/upgrade.sh
    . "$root$lib/upgrade.sh"
    muster_keep
    ours | while read -r file; do
        case $file in etc/*) if [ -e "/$file" ]; then continue; fi ;; esac
        mkdir -p "/${file%/*}"
        cp -p "$root/$file" "/$file.muster-new"
        mv -f "/$file.muster-new" "/$file"
    done
    systemd-sysusers muster-agent.conf
    if ! [ -d /var/lib/muster-agent ]; then install -d -m 0700 -o muster -g muster /var/lib/muster-agent; fi
    systemctl daemon-reload
    muster_prove "sudo $here/install.sh"
    echo "installed: $said"
}

case ${1:-} in
-h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
esac
[ "$(id -u)" -eq 0 ] || fail "nothing was installed" "$0" "it needs root; you are $(id -un)" "run it with sudo"
[ -d /run/systemd/system ] ||
    fail "nothing was installed" "$0" "systemd does not run here" "run the agent in root/usr/bin by what starts services here"
if dpkg-query -W -f '${db:Status-Status}' muster-agent 2>/dev/null | grep -q '^installed$'; then
    fail "nothing was changed" "$0" "muster-agent is installed here as a package" \
        "set it up with muster-agent-setup; upgrade or remove it with apt-get"
fi
case ${1:-} in
--uninstall) remove keep ;;
--purge) remove purge ;;
*)
    install_files
    exec /usr/sbin/muster-agent-setup "$@"
    ;;
esac
