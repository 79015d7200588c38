#!/bin/sh
# Puts a copy in the place of Marque's database; what was there is kept under another name. The control plane must not
# run meanwhile. Afterwards: `marque-control-plane admin new-epoch` and `admin verify-audit`.
#
#   restore.sh FILE [DATABASE]
#
# Which server, and as whom: PGHOST, PGPORT, PGUSER and ~/.pgpass, as for every tool of PostgreSQL.
set -eu
from=$1
database=${2:-marque}
kept="${database}_before_restore_$(date -u +%Y%m%d%H%M%S)"
fresh="${database}_restored"
dropdb --if-exists "$fresh"
createdb --template=template0 "$fresh"
if ! pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$fresh" "$from"; then
    dropdb "$fresh"
    exit 1
fi
# Both at once or neither; it fails while anybody is connected.
psql --quiet --set=ON_ERROR_STOP=1 --set=old="$database" --set=kept="$kept" --set=fresh="$fresh" --dbname=postgres <<'SQL'
begin;
alter database :"old" rename to :"kept";
alter database :"fresh" rename to :"old";
commit;
SQL
echo "what was there before is kept as $kept"
