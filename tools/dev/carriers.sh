#!/bin/sh
# carriers.sh DIRECTORY URL KEYS: the carriers' tables, with the sample carrier connected to the simulator at URL; its pushes are
# signed with a key of the file KEYS.
set -eu
directory=$1
url=$2
keys=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$directory"
cp "$root"/deploy/carriers/*.yaml "$directory/"
# Where everything else takes seconds, nobody waits hours for an alarm.
sed -i 's/^normal_clock_seconds: .*/normal_clock_seconds: 8/' "$directory/sample-express.yaml"
cat >> "$directory/sample-express.yaml" <<EOF
connection:
  url: $url
  customer_code: H47
  principal: carrier-sample-express
  province: Quảng Nam
  phone: "02353000000"
  retry_ms: 1000
  retry_max_ms: 60000
  polls_per_day: 20000
  poll_every_ms: 5000
  unknown_item_ms: 60000
  push_keys_file: $keys
EOF
