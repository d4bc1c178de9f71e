#!/bin/sh
# Runs a command with secrets from files: NAME_FILE names the file whose content becomes NAME.
set -eu

refuse() {
  echo "$1" >&2
  exit 2
}

for name in PREFECT_API_DATABASE_PASSWORD PREFECT_SERVER_API_AUTH_STRING PREFECT_API_AUTH_STRING RAY_AUTH_TOKEN \
  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY EMO2_FAILURE_WEBHOOK; do
  eval "file=\${${name}_FILE:-}"
  [ -n "$file" ] || continue
  [ -r "$file" ] || refuse "${name}_FILE names $file, which user $(id -u) cannot read: create it, or unset ${name}_FILE"
  value=$(cat "$file")
  unset "${name}_FILE"
  case "$name$value" in
    AWS_ACCESS_KEY_ID | AWS_SECRET_ACCESS_KEY | EMO2_FAILURE_WEBHOOK) ;; # empty: there is none
    PREFECT_API_DATABASE_PASSWORD | PREFECT_SERVER_API_AUTH_STRING | PREFECT_API_AUTH_STRING | RAY_AUTH_TOKEN)
      refuse "$file is empty, so that nothing would be protected: write $name into it" ;;
    *) export "$name=$value" ;;
  esac
done
exec "$@"
