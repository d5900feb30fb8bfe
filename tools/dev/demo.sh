#!/bin/bash
# demo.sh DIRECTORY [--no-journey] [--dossiers N] [--rate R] ...: passes dossiers through the running system and has the raw ledgers checked.
#
# The demo client writes every acknowledgement it was given into DIRECTORY; the checker reads that file and the raw ledgers, from
# their first record, and asks no service. Its line comes last. Settings: .run/client.env, in the environment.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
directory=$1
edition=$(cat "$root/.run/edition")
shift
journey=yes arguments=()
for argument in "$@"; do
  if [ "$argument" = --no-journey ]; then journey=no; else arguments+=("$argument"); fi
done
client=$root/build/dev/tools/demo/lienthong-demo
[ -x "$client" ] || { echo "✗ The demo client is not built yet. → ./dev up --no-demo builds it." >&2; exit 1; }

result=0
"$client" --acknowledgements "$directory/acknowledgements.jsonl" "${arguments[@]}" || result=$?

if [ "$journey" = yes ]; then
  printf '\nOne death on its way, with its paper and its notices, and what goes wrong:\n'
  # In one process nothing can be stopped while the rest goes on.
  park=()
  if [ "$LIENTHONG_LEDGER_LOG" = kafka ]; then park=(--park "$root/tools/dev/routing_stand.sh"); fi
  /usr/bin/python3 -B "$root/tools/demo/journey.py" "$root/build/dev/tools/ltctl/ltctl" "${park[@]}" || result=1
  printf '\n'
fi

if [ "$LIENTHONG_LEDGER_LOG" = kafka ]; then
  source=(--kafka "$LIENTHONG_KAFKA_BOOTSTRAP" --certificates "$LIENTHONG_CERTIFICATES")
else
  source=(--sqlite "$LIENTHONG_DATA_DIR")
fi
touch "$directory/acknowledgements.jsonl"
/usr/bin/python3 -B "$root/tests/checker/checker.py" "${source[@]}" --acknowledgements "$directory/acknowledgements.jsonl" \
  --mail "$root/.run/mail-$edition.jsonl" --webhooks "$root/.run/webhooks-$edition.jsonl" \
  --subscription "$root/deploy/catalogue/webhooks.yaml" --settle 60 || result=1
exit "$result"
