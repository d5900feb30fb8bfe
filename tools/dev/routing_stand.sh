#!/bin/bash
# routing_stand.sh stop | start | slot PARTITION: lets the demonstration make routing give up on an event.
#
# `slot` prints the file in which routing notes the decision it is at (docs/ledger.md), which it reads when it starts.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RUN=$ROOT/.run
# shellcheck source=tools/dev/system.sh
. "$ROOT/tools/dev/system.sh"
case ${1:-} in
  stop) sv -w 15 down "$SERVICES/routing" >/dev/null ;;
  start) sv up "$SERVICES/routing" >/dev/null && wait_until 60 routing service_answers routing ;;
  slot) echo "$RUN/data/routing/routing-$2.suspect" ;;
  *) sed -n '2p' "$0" >&2; exit 2 ;;
esac
