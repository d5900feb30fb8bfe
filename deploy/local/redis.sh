#!/bin/bash
# redis.sh DIRECTORY SECRETS: writes redis.conf and users.acl of a projection server into DIRECTORY, passwords into SECRETS.
#
# The server listens on the Unix socket DIRECTORY/redis.sock (mode 0700) and on no port. One user per service, limited to
# the keys under its own tag, and none for anybody else; `ltctl` may read everything, `operator` may do everything.
# Passwords are drawn once and kept. Prints `changed` when a file differs from what was there.
set -euo pipefail

directory=$1
secrets=$2
template=$(cd "$(dirname "$0")" && pwd)/redis.conf.template
umask 077
mkdir -p "$directory" "$secrets"
chmod 700 "$directory" "$secrets"

# Linux takes at most 107 bytes as the path of a Unix socket.
socket="$directory/redis.sock"
if [ "${#socket}" -gt 107 ]; then
  echo "error: the path $socket is longer than the 107 bytes a Unix socket may have; move the repository to a shorter path" >&2
  exit 1
fi

password_hash() {
  local file="$secrets/redis-$1"
  [ -s "$file" ] || printf '%s' "$(openssl rand -hex 32)" >"$file"
  sha256sum "$file" | cut -d' ' -f1
}

# `info` and `config get` belong to the group @dangerous; the start-up checks need them.
service_rules="resetchannels -@all +@read +@write +@connection +@scripting -@dangerous -script +script|load +info +config|get"
service_user() {
  local name=$1 keys="" tag
  shift
  for tag in "$@"; do keys+=" ~{$tag:*"; done
  printf 'user %s on #%s resetkeys%s %s\n' "$name" "$(password_hash "$name")" "$keys" "$service_rules"
}

users() {
  printf 'user default off resetpass resetkeys resetchannels -@all\n'
  service_user intake intake
  service_user routing routing catalogue
  service_user agency-processing agency-processing
  service_user monitoring monitoring
  service_user notification notification
  service_user postal-dispatch postal-dispatch
  printf 'user ltctl on #%s resetkeys %%R~* resetchannels -@all +@read +@connection +fcall_ro +info -@dangerous +info\n' "$(password_hash ltctl)"
  printf 'user operator on #%s allkeys allchannels +@all\n' "$(password_hash operator)"
}

write_if_changed() {
  local file=$1
  cat >"$file.new"
  if cmp -s "$file.new" "$file"; then rm -f "$file.new"; else mv "$file.new" "$file" && echo changed; fi
}

users | write_if_changed "$directory/users.acl"
sed "s|@DIRECTORY@|$directory|g" "$template" | write_if_changed "$directory/redis.conf"
