#!/bin/sh
# The virtual environment with the locked packages. Run by `make setup`.
set -eu
: "${PYTHON:=python3.11}"
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or later is needed and '$PYTHON' is not one; set PYTHON=/path/to/python3.11" >&2
    exit 2
fi
if ! .venv/bin/python -c '' 2>/dev/null; then
    echo "setup: virtual environment with $("$PYTHON" --version)"
    rm -rf .venv
    if ! "$PYTHON" -m venv .venv; then
        echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2
        exit 2
    fi
fi
echo "setup: locked Python packages"
# The venv brings an older setuptools than pyproject.toml's metadata needs; locks leave it out.
.venv/bin/python -m pip install --quiet --disable-pip-version-check "setuptools==84.2.1"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
