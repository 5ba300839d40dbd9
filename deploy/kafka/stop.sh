#!/bin/bash
# Stop the broker that start.sh DIR started; the data stays.
set -euo pipefail
dir=${1:?"usage: stop.sh DIR"}
[ -f "$dir/kafka.pid" ] || { echo "No broker was started from $dir"; exit 0; }
pid=$(cat "$dir/kafka.pid")
kill "$pid" 2> /dev/null || true
for _ in $(seq 60); do
  kill -0 "$pid" 2> /dev/null || { rm -f "$dir/kafka.pid"; echo "Kafka stopped"; exit 0; }
  sleep 0.5
done
kill -9 "$pid"
rm -f "$dir/kafka.pid"
echo "Kafka did not stop within 30 s and was killed"
