#!/bin/sh
# Runs PostgreSQL's programs, whatever the version: pg serve|ready|query ...
# Everything is in this script's own folder; the port is PGPORT.
set -eu

socket=$(dirname "$0")
data=$socket/data

# The newest version that is there.
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

case "$1" in
serve)
	shift
	# A folder that is half made does not have the final name.
	if [ ! -e "$data" ]; then
		rm -rf "$data.new"
		"$bin/initdb" --pgdata="$data.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
			--auth-local=peer --auth-host=scram-sha-256 --no-instructions
		echo 'host all all all scram-sha-256' >>"$data.new/pg_hba.conf"
		mv "$data.new" "$data"
	fi
	exec "$bin/postgres" -D "$data" -c unix_socket_directories="$socket" "$@"
	;;
ready)
	exec "$bin/pg_isready" --quiet --host="$socket"
	;;
query)
	# Terse errors quote no statement, which may hold a password.
	# As an option, a name with = in it would be taken for more than a name.
	export PGDATABASE="$2"
	exec "$bin/psql" --host="$socket" --username=postgres --no-psqlrc \
		--quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse
	;;
*)
	echo "usage: pg serve|ready|query" >&2
	exit 2
	;;
esac
