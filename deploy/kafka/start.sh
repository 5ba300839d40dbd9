#!/bin/bash
# A real Apache Kafka (KRaft, one node, loopback) without Docker: Java 17 and Maven are enough.
#
#   start.sh DIR [PORT [CONTROLLER_PORT]]     stop it: stop.sh DIR
#
# DIR keeps the data: started again it goes on where it was, also after a kill -9.
# KAFKA_LIBS          where the jars lie, fetched by fetch.sh if need be   (default: .kafka/libs of the project)
# KAFKA_HEAP_OPTS     options for the JVM                          (default: -Xms256m -Xmx1g)
# KAFKA_OWNER         a process id; the broker is killed when that process is gone, so no test leaves one behind
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?"usage: start.sh DIR [PORT [CONTROLLER_PORT]]"}
port=${2:-9092}
controller=${3:-$((port + 1))}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
libs=${KAFKA_LIBS:-$here/../../.kafka/libs}
KAFKA_LIBS=$libs "$here/fetch.sh"

# shellcheck disable=SC2206  # options are words, to be split
java=(java ${KAFKA_HEAP_OPTS:--Xms256m -Xmx1g} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs/*")
cd "$dir"
if [ -f kafka.pid ] && kill -0 "$(cat kafka.pid)" 2> /dev/null; then
  echo "Kafka already runs from $dir, pid $(cat kafka.pid)"
  exit 0
fi
if [ ! -f data/meta.properties ]; then
  # Ports are fixed at the first start, with the data. Four internal partitions and no waiting for a group's first
  # members: this is a broker for one machine. Topics are made by `garbo topics`, never by a slip of the pen.
  cat > server.properties << P
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
P
  id=$("${java[@]}" kafka.tools.StorageTool random-uuid 2> /dev/null | tail -1)
  "${java[@]}" kafka.tools.StorageTool format --standalone -t "$id" -c server.properties > format.log 2>&1 || { cat format.log; exit 1; }
else
  port=$(sed -n 's/^advertised\.listeners=.*:\([0-9]*\)$/\1/p' server.properties)
fi

answers() { (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; }

# A port free when it was chosen, or before a crash, may be another connection's for a moment: three tries. Two minutes
# for one: a cold JVM on a busy machine; a broker that dies is seen at once.
touch kafka.log
for _ in 1 2 3; do
  if ! answers; then
    before=$(wc -c < kafka.log)
    setsid "${java[@]}" kafka.Kafka server.properties >> kafka.log 2>&1 < /dev/null &
    pid=$!
    echo "$pid" > kafka.pid
    if [ -n "${KAFKA_OWNER:-}" ]; then
      setsid bash -c 'while kill -0 "$1" 2> /dev/null && kill -0 "$2" 2> /dev/null; do sleep 2; done; kill -9 "$2"' \
        owner "$KAFKA_OWNER" "$pid" > /dev/null 2>&1 < /dev/null &
    fi
    for _ in $(seq 240); do
      kill -0 "$pid" 2> /dev/null || break
      if answers; then
        echo "Kafka on 127.0.0.1:$port, pid $pid, log $dir/kafka.log"
        exit 0
      fi
      sleep 0.5
    done
    if kill -0 "$pid" 2> /dev/null; then
      echo "Kafka did not answer within 120 s"
      tail -20 kafka.log
      exit 1
    fi
    rm -f kafka.pid
    tail -c "+$((before + 1))" kafka.log > last.log
    grep -q "Address already in use" last.log || { tail -20 last.log; exit 1; }
  fi
  sleep 2
done
echo "Another program has port $port, or the controller's: see $dir/server.properties"
exit 1
