"""Before a processor joins its group: do its topics exist, with the partition counts its table depends on?

Decide writes to a topic for each channel of its policy. A command for a topic that is missing would end the worker.

Partition n of every input shares one table, logged to partition n of the changelog. With unequal counts a key's
records would land beside its rows, silently; so it is an error at the start, with a sentence.
"""

from typing import Any, Final

from confluent_kafka.admin import AdminClient

from garbo.adapters.kafka.retry import retry_until
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import TopicError
from garbo.runtime.settings import ProcessorSettings

REMEDY: Final = "run `garbo topics --create` with the same --policy"


def check_topics(kafka: KafkaSettings, settings: ProcessorSettings) -> int:
    """The partition count all topics of the processor agree on.

    Raises:
        TopicError: a topic is missing, or the counts differ.
        BrokerError: the broker does not answer.
    """
    admin = AdminClient(kafka.base())
    found: Any = retry_until(f"asking {kafka.bootstrap} for its topics", lambda: admin.list_topics(timeout=10.0))
    counts = {name: len(topic.partitions) for name, topic in found.topics.items()}
    return agree(settings, counts)


def agree(settings: ProcessorSettings, counts: dict[str, int]) -> int:
    """The rule, without a broker."""
    shared = [*settings.inputs, *([settings.changelog] if settings.changelog else [])]
    missing = [name for name in (*shared, *settings.broadcast, *settings.outputs) if not counts.get(name)]
    if missing:
        what = f"topic {missing[0]} is" if len(missing) == 1 else f"topics {', '.join(missing)} are"
        raise TopicError(f"processor {settings.name}: {what} missing; {REMEDY}.")
    if len({counts[name] for name in shared}) > 1:
        listed = ", ".join(f"{name} has {counts[name]}" for name in shared)
        raise TopicError(
            f"processor {settings.name}: its topics must have equal partition counts, but {listed}; "
            f"delete the odd ones and create them with the right count, or {REMEDY} on an empty cluster."
        )
    return counts[shared[0]]
