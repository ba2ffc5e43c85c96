#!/bin/sh
# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds .venv from the pinned requirements with the newest usable Python, and makes the clone importable in it as
# the collection dbre.mysql_replica. Does nothing when nothing has changed. PYTHON=/path/to/python chooses another one.
set -eu
umask 022

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
venv=$root/.venv
oldest=11   # ansible-core 2.19, the oldest that is pinned, needs Python 3.11
newest=14   # nothing newer has been tried with what is pinned
PATH=$(printf '%s\n' "$PATH" | tr : '\n' | grep -vxF "$venv/bin" | paste -sd : -)   # .venv is not built from itself

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# install_package NAME COMMAND-FOR-THE-USER... : with apt-get when we are root; false otherwise
install_package() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing the system package $1"
    set -- -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 install "$1"
    export DEBIAN_FRONTEND=noninteractive
    # A fresh machine has no package lists yet: only then is update worth its time
    apt-get "$@" >/dev/null 2>&1 </dev/null || { apt-get -q update >/dev/null && apt-get "$@" >/dev/null; } </dev/null
}

# python_minor PYTHON : prints NN of a working, released CPython 3.NN (a pyenv shim may exist and not work)
python_minor() {
    "$1" -c 'import sys; v = sys.version_info; v[0] == 3 and v[3] == "final" and print(v[1])' 2>/dev/null </dev/null
}

find_python() {
    pyenv_root=$(pyenv root 2>/dev/null </dev/null || echo "${PYENV_ROOT:-$HOME/.pyenv}")
    minor=$newest
    while [ "$minor" -ge "$oldest" ]; do
        name=python3.$minor
        for python in "$pyenv_root/versions/3.$minor".*/bin/"$name" "$(command -v "$name" || true)" \
                      "$(command -v python3 || true)"; do
            if [ -x "$python" ] && [ "$(python_minor "$python")" = "$minor" ]; then
                printf '%s\n' "$python"
                return
            fi
        done
        minor=$((minor - 1))
    done
    fail "no Python from 3.$oldest to 3.$newest was found, only $(python3 -V 2>/dev/null || echo none)." \
         "Install one (Debian, Ubuntu: apt-get install python3.$oldest python3.$oldest-venv) or name one:" \
         "make setup PYTHON=/path/to/python3"
}

build_venv() {
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        package=python3.$(python_minor "$python")-venv
        install_package "$package" ||
            fail "$python cannot make virtual environments. As root: apt-get install $package"
    fi
    say "building .venv with $("$python" -V) (a minute or so)"
    rm -f "$venv/.complete"
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --requirement "$root/requirements.txt"
}

# The collection is the clone itself. Python and ansible-core find it by the .pth file (ansible-core reads sys.path too),
# ansible-lint and mypy are pointed at the directory. A second .pth line makes `python -m sandbox` work.
link_collection() {
    mkdir -p "$venv/collections/ansible_collections/dbre"
    ln -sfn "$root" "$venv/collections/ansible_collections/dbre/mysql_replica"
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$venv/collections" "$root/tests" >"$site/dbre_mysql_replica.pth"
}

mkdir -p "$root/.cache"
if command -v flock >/dev/null; then   # two makes in one clone
    exec 9>"$root/.cache/setup.lock"
    flock 9
fi

python=${PYTHON:-$(find_python)}
[ -n "$(python_minor "$python")" ] || fail "$python is not a working Python 3"
wanted="$root $("$python" -V) $(cksum <"$root/requirements.txt")"
if [ "$(cat "$venv/.complete" 2>/dev/null || true)" != "$wanted" ]; then
    build_venv
    link_collection
    printf '%s\n' "$wanted" >"$venv/.complete"
fi

command -v npm >/dev/null || install_package npm ||
    say "npm is missing: what needs a MySQL 5.6 server will not run. As root: apt-get install npm"
