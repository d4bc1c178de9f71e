#!/bin/sh
# Writes the Prefect server's database to backups/, and removes those older than KEEP_DAYS (14).
# Restore: docker compose stop server worker, then
#   docker compose exec --no-TTY postgres pg_restore -U prefect -d prefect --clean --if-exists --single-transaction < FILE
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p backups

file=backups/prefect-$(date -u +%Y%m%dT%H%M%SZ).dump
docker compose exec --no-TTY postgres pg_dump --username prefect --format custom prefect > "$file.part"
mv "$file.part" "$file"
find backups -name 'prefect-*.dump' -mtime "+${KEEP_DAYS:-14}" -delete
echo "$file"
