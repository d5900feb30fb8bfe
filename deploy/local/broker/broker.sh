#!/bin/sh
# One local Kafka broker (KRaft, loopback). Needs java >= 17 on the PATH or in JAVA_HOME; `fetch` needs mvn.
#
#   broker.sh fetch                 fetches the server libraries into LIB_DIR (done once)
#   broker.sh format                writes DIR/server.properties and formats DIR/data if it is new
#   broker.sh run                   runs the broker in the foreground until it is told to end
#
# Settings by environment:
#   DIR              folder of this broker: properties, data             (format, run)
#   LIB_DIR          folder of the libraries          default: beside this script, .lib
#   PORT             client port                      default 9092      (format)
#   CONTROLLER_PORT  controller port                  default 9093      (format)
#   FSYNC            1: on disk before acknowledged   default 1         (format)
#   TLS_DIR          folder with broker.pem, ca.pem: listener SSL with ACLs; unset: plaintext  (format)
#   HEAP             JVM heap settings                default "-Xms64m -Xmx384m"  (run)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
LIB_DIR=${LIB_DIR:-$here/.lib}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

fail() {
  echo "broker.sh: $1" >&2
  exit 1
}

need_libraries() {
  [ -e "$LIB_DIR/.complete" ] || fail "no libraries in $LIB_DIR; run: $0 fetch"
}

need_directory() {
  [ -n "${DIR:-}" ] || fail "DIR is not set; set it to the folder of this broker"
}

fetch() {
  [ -e "$LIB_DIR/.complete" ] && cmp -s "$here/pom.xml" "$LIB_DIR/.complete" && return 0
  command -v mvn >/dev/null || fail "mvn is missing; install it (Debian: apt-get install maven)"
  mkdir -p "$(dirname "$LIB_DIR")"
  part=$LIB_DIR.$$
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$part" -DincludeScope=runtime
  cp "$here/pom.xml" "$part/.complete"
  rm -rf "$LIB_DIR"
  mv "$part" "$LIB_DIR"
}

format() {
  need_libraries
  need_directory
  mkdir -p "$DIR"
  flush=1
  [ "${FSYNC:-1}" = 1 ] || flush=9223372036854775807
  listeners=$here/listeners-plaintext.properties.in
  [ -z "${TLS_DIR:-}" ] || listeners=$here/listeners-ssl.properties.in
  cat "$here/server.properties.in" "$listeners" |
    sed -e "s|@PORT@|${PORT:-9092}|" -e "s|@CONTROLLER_PORT@|${CONTROLLER_PORT:-9093}|" -e "s|@DATA_DIR@|$DIR/data|" \
      -e "s|@FLUSH_MESSAGES@|$flush|" -e "s|@TLS_DIR@|${TLS_DIR:-}|" >"$DIR/server.properties.new"
  mv "$DIR/server.properties.new" "$DIR/server.properties"
  [ ! -e "$DIR/data/meta.properties" ] || return 0
  cluster=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | cut -c1-22)
  "$java" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=file:$here/log4j2.properties" \
    -cp "$LIB_DIR/*" kafka.tools.StorageTool format -t "$cluster" -c "$DIR/server.properties" >/dev/null
}

run() {
  need_libraries
  need_directory
  [ -e "$DIR/server.properties" ] || fail "no $DIR/server.properties; run: $0 format"
  # shellcheck disable=SC2086
  exec "$java" ${HEAP:--Xms64m -Xmx384m} -XX:+UseSerialGC \
    "-Dlog4j2.configurationFile=file:$here/log4j2.properties" -cp "$LIB_DIR/*" kafka.Kafka "$DIR/server.properties"
}

case ${1:-} in
  fetch) fetch ;;
  format) format ;;
  run) run ;;
  *) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
