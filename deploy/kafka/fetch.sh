#!/bin/bash
# Kafka's jars from Maven, once: start.sh calls it, and `make kafka-fetch` before the tests, for a download takes as
# long as a mirror likes and belongs in no test's time limit.
#
# KAFKA_LIBS          where the jars lie, shared between brokers   (default: .kafka/libs of the project)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
libs=${KAFKA_LIBS:-$here/../../.kafka/libs}
mkdir -p "$(dirname "$libs")"

# One fetch at a time, complete or not at all: several test runs may start together. -U: Maven remembers a failed
# download and would not try again for a day. 60 s of silence end a request, not Maven's half an hour.
exec 9> "$libs.lock"
flock 9
if [ ! -d "$libs" ]; then
  rm -rf "$libs.part"
  mvn -q -B -U -Daether.connector.requestTimeout=60000 -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs.part"
  mv "$libs.part" "$libs"
fi
