#!/bin/sh
# Makes the secrets of compose.yaml that do not exist yet; prints none of them.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets/tls

# The folder keeps others out. The files are readable, since they are mounted for the users of several containers.
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
create() {
  [ -e "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"
  chmod 644 "secrets/$1"
}

create postgres_password "$(random)"
create prefect_auth "emo2:$(random)"
create ray_token "$(random)"
for given in lake_key_id lake_key failure_webhook; do create "$given" ""; done
echo "The secrets are in $(pwd)/secrets; write your object store's key into lake_key_id and lake_key, if you have one"
