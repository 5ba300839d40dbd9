"""Feeds touchpoints at a steady rate; each id contains its sending time in nanoseconds. `benchmarks.pipeline` runs it.

python -m benchmarks.pipeline_feeder BOOTSTRAP PREFIX party-events|touchpoints RATE SECONDS PARTIES
"""

import random
import sys
import time

from confluent_kafka import Producer

from benchmarks import load
from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.events import PartyEvent
from garbo.processors.routing import routed


def main() -> None:
    bootstrap, prefix, entrance, rate, seconds, parties = sys.argv[1:]
    kafka, codec, rnd = KafkaSettings(bootstrap, prefix=prefix), AvroCodec(PackagedRegistry()), random.Random(13)
    producer = Producer({**kafka.producer(), "linger.ms": 1})
    started = time.monotonic()
    for number in range(int(float(rate) * float(seconds))):
        while (ahead := started + number / float(rate) - time.monotonic()) > 0:
            time.sleep(min(ahead, 0.001))  # not `poll`: below a millisecond it spins and slows the measured process
        who = rnd.randrange(int(parties))
        fact = load.touchpoint(number, who, rnd, int(time.time() * 1000))
        if entrance == "party-events":
            party = load.party(who)
            value = codec.encode_event(PartyEvent(fact.event_id, party, fact.at, fact.body))
            producer.produce(kafka.topic("party-events"), value, party.encode())
        else:
            name, key = routed(fact)
            producer.produce(kafka.topic(name), codec.encode_inbound(fact), key)
        producer.poll(0)
    producer.flush(60)


if __name__ == "__main__":
    main()
