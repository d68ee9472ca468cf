#!/bin/sh
# What the tests of the call's line need: a relay, and lines that are cut. The product needs neither.
# Installs Debian's packages only as root and only where they lack; else says what is missing and
# why tests will say so too. The relay's own service is left off: tests start one of their own.
set -u
lacks=""
command -v turnserver >/dev/null 2>&1 || lacks="$lacks coturn"
command -v nft >/dev/null 2>&1 || [ -x /usr/sbin/nft ] || lacks="$lacks nftables"
command -v ip >/dev/null 2>&1 || [ -x /usr/sbin/ip ] || lacks="$lacks iproute2"
[ -n "$lacks" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup:$lacks from the system's packages"
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    # The names are split on purpose: they are packages.
    # shellcheck disable=SC2086
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $lacks >/dev/null; then
        case "$lacks" in *coturn*) systemctl disable coturn >/dev/null 2>&1 || true ;; esac
        exit 0
    fi
fi
echo "setup: tests of the call's line are skipped without$lacks (Debian: apt-get install$lacks)" >&2
exit 0
