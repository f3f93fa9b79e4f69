#!/usr/bin/env bash
# Install the system packages that the service, its tests and its console need, and say what was found.
#
# Debian and its relatives: installs what is missing, as root or through sudo. May be run again at any time; when all is
# there it only looks. Elsewhere: says what is missing and how to go on, and fails unless all is there.
set -euo pipefail

readonly NODE_AT_LEAST=20
missing=()   # Debian packages to install
problems=()  # what no package here can mend

found() { printf '  found    %s\n' "$*"; }
absent() { printf '  missing  %s\n' "$*"; }
die() {
    printf 'install_packages: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
is_debian() { has dpkg-query && has apt-get; }
is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The version of a package that apt would install; nothing when it has none.
candidate() {
    local version
    version=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p')
    [ "$version" = '(none)' ] || printf '%s' "$version"
}

node_major() { node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

# The installed PostgreSQL versions that have PostGIS, newest first; dpkg-query fails when it knows none at all.
installed_postgis() {
    { dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 'postgresql-*-postgis-3' 2>/dev/null || true; } |
        sed -n 's/^installed postgresql-\([0-9]*\)-postgis-3$/\1/p' | sort -rn
}

# The version to install: 15, which the service is tested with, or else the newest that this release offers.
offered_postgis() {
    if [ -n "$(candidate postgresql-15-postgis-3)" ]; then
        echo 15
    else
        apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' |
            sed -n 's/^postgresql-\([0-9]*\)-postgis-3 .*/\1/p' | sort -rn | head -n 1
    fi
}

want() { # want PACKAGE WHAT-FOR
    if is_installed "$1"; then
        found "$1"
    else
        absent "$1 ($2)"
        missing+=("$1")
    fi
}

look_at_python() {
    if has python3 && python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        found "Python $(python3 -c 'import platform; print(platform.python_version())')"
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
            absent 'python3-venv (makes .venv)'
            missing+=(python3-venv)
        fi
    elif has python3.11 || has python3.12 || has python3.13; then
        found 'Python 3.11 or newer beside an older python3'
    else
        absent 'Python 3.11 or newer'
        problems+=('Python 3.11 or newer must be installed first')
    fi
}

# Lookups have a kernel in C; without a compiler they answer the same, only slower.
look_at_compiler() {
    if has gcc && python3 -c 'import pathlib, sysconfig
assert (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists()' 2>/dev/null; then
        found 'a C compiler with the headers of Python'
        return
    fi
    want gcc 'compiles the lookup kernel'
    want libc6-dev 'compiles the lookup kernel'
    want python3-dev 'compiles the lookup kernel'
}

look_at_node() {
    local major offered
    major=$(node_major || true)
    if [ -n "$major" ] && [ "$major" -ge "$NODE_AT_LEAST" ] && has npm; then
        found "Node.js $(node --version) with npm"
        return
    fi
    absent "Node.js $NODE_AT_LEAST or newer with npm (builds the console${major:+; here is $major})"
    if ! is_debian; then
        problems+=("Node.js $NODE_AT_LEAST or newer with npm must be installed first")
        return
    fi
    offered=$(candidate nodejs | sed 's/^[0-9]*://; s/\..*//')
    if [ -n "$offered" ] && [ "$offered" -ge "$NODE_AT_LEAST" ]; then
        # The vendor's package brings npm along and refuses Debian's; Debian's own does not.
        missing+=(nodejs)
        has npm || apt-cache show nodejs 2>/dev/null | grep -q '^Provides:.*npm\|^Conflicts:.*npm' || missing+=(npm)
    else
        problems+=("this release offers Node.js ${offered:-none}; install Node.js $NODE_AT_LEAST or newer yourself")
    fi
}

look_at_database() {
    local versions version
    versions=$(installed_postgis)
    if [ -n "$versions" ]; then
        version=$(head -n 1 <<<"$versions")
        want "postgresql-$version" 'the embedded database'
        found "postgresql-$version-postgis-3"
        return
    fi
    version=$(offered_postgis)
    if [ -z "$version" ]; then
        absent 'PostgreSQL with PostGIS'
        problems+=('this release offers no postgresql-*-postgis-3; use docker/compose.yaml or set GIS_DATABASE_URL')
        return
    fi
    want "postgresql-$version" 'the embedded database'
    want "postgresql-$version-postgis-3" 'the embedded database'
}

look_around() {
    missing=()
    problems=()
    look_at_python
    look_at_compiler
    look_at_database
    look_at_node
    want chromium 'the browser tests'
    want fonts-noto-cjk 'Chinese letters in the browser and in PDF'
    if has nginx || [ -x /usr/sbin/nginx ]; then
        found nginx
    else
        want nginx-light 'the tests of docker/nginx.conf'
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installed packages must not change what runs on this machine. Debian would make and start a server named `main`, and
# start a web server on port 80; what we put in the way is taken out again at the end.
readonly no_main=/etc/postgresql-common/createcluster.d/gis-service.conf
readonly no_start=/usr/sbin/policy-rc.d
hold_back_services() {
    as_root mkdir -p "${no_main%/*}"
    printf 'create_main_cluster = false\n' | as_root tee "$no_main" >/dev/null
    if [ -e "$no_start" ]; then
        trap 'as_root rm -f "$no_main"' EXIT
    else
        trap 'as_root rm -f "$no_main" "$no_start"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$no_start" >/dev/null
        as_root chmod 755 "$no_start"
    fi
}

install_missing() {
    if [ "$(id -u)" != 0 ] && ! has sudo; then
        die "root must run: apt-get install --no-install-recommends ${missing[*]}"
    fi
    hold_back_services
    printf 'installing %s\n' "${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
    if [[ " ${missing[*]} " == *' nginx-light '* ]] && has systemctl; then
        as_root systemctl disable --quiet nginx || true
    fi
}

elsewhere() {
    local share
    look_at_python
    look_at_node
    share=$(pg_config --sharedir 2>/dev/null || true)
    if [ -n "$share" ] && [ -f "$share/extension/postgis.control" ]; then
        found "$(pg_config --version) with PostGIS"
    else
        absent 'PostgreSQL with PostGIS'
        problems+=('PostgreSQL with PostGIS must be installed first')
    fi
    missing=()
    [ "${#problems[@]}" -eq 0 ] && return
    printf '  %s\n' "${problems[@]}"
    die 'this is no Debian, so nothing was installed; install the above, or run the service with docker/compose.yaml'
}

main() {
    if ! is_debian; then
        elsewhere
        return
    fi
    look_around
    if [ "${#missing[@]}" -gt 0 ] || [ "${#problems[@]}" -gt 0 ]; then
        # What is offered may be known only after the lists of packages are fetched.
        if [ "$(id -u)" = 0 ] || has sudo; then
            printf 'fetching the lists of packages\n'
            as_root apt-get update --quiet || true
            look_around
        fi
    fi
    if [ "${#missing[@]}" -gt 0 ]; then
        install_missing
    fi
    if [ "${#problems[@]}" -gt 0 ]; then
        die "$(printf '%s; ' "${problems[@]}" | sed 's/; $//')"
    fi
}

main "$@"
