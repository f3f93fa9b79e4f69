#!/bin/sh
# Start one command of gis-service in a container. `serve` and `migrate` need the database and wait for it, for a bounded
# time; every other command runs at once. The command takes this shell's place, so that it gets the signals.
set -eu

case ${1-} in
    serve | migrate) python "$(dirname "$0")/wait_for_database.py" ;;
esac
exec gis-service "$@"
