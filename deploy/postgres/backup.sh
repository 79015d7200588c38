#!/bin/sh
# Copies Marque's database as of one moment, while it is used.
#
#   backup.sh FILE [DATABASE]
#
# Which server, and as whom: PGHOST, PGPORT, PGUSER and ~/.pgpass, as for every tool of PostgreSQL.
set -eu
umask 077
to=$1
database=${2:-marque}
if [ -e "$to" ]; then
    echo "$to is there already" >&2
    exit 1
fi
pg_dump --format=custom --no-owner --no-privileges --file="$to.partial" --dbname="$database"
# A copy that can't be read is none.
pg_restore --list "$to.partial" > /dev/null
sync "$to.partial"
mv "$to.partial" "$to"
