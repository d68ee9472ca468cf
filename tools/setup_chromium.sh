#!/bin/sh
# Chromium for the browser tests and `yesand rehearse`; the product itself needs none.
# Installs Debian's package only as root and only where none is found; else says what is missing.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
missing="Chromium is missing: install it (Debian: apt-get install chromium) for make browser and make rehearse."
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: Chromium from the system's packages"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
fi
echo "setup: $missing" >&2
