#!/bin/sh
# Compile the locks from pyproject.toml. They name packages and versions, no registry and no path.
set -eu
export CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    out=$1
    shift
    .venv/bin/pip-compile --quiet --strip-extras --resolver=backtracking \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
        "$@" --output-file "requirements/$out" pyproject.toml
}
compile server.txt --extra server --extra rehearse
compile dev.txt --extra server --extra rehearse --extra dev
if grep -nE '^(--|torch==|.*(https?|file):/)' requirements/server.txt requirements/dev.txt; then
    echo "a lock names a registry, a path or torch" >&2
    exit 1
fi
