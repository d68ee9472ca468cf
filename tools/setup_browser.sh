#!/bin/sh
# The browser bundle: `install` the locked packages, `build` into the Python package.
# Uses Node of version 20 or later where there is one, else the Node wheel in the environment.
set -eu
if [ ! -f browser/package.json ]; then
    exit 0
fi
good() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
        [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]
}
PATH="$PATH:$PWD/.venv/bin"
if ! good; then
    PATH="$PWD/.venv/bin:$PATH"
    if ! good; then
        echo "setup: no Node of version 20 or later; using the Node wheel"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/node.txt
    fi
fi
export PATH
cd browser
case "$1" in
install)
    echo "setup: locked browser packages with Node $(node --version)"
    npm ci --no-audit --no-fund --silent
    ;;
build)
    echo "setup: browser bundle"
    npm run --silent build
    ;;
*)
    echo "say install or build" >&2
    exit 2
    ;;
esac
