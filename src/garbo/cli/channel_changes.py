"""What a policy asks of an installation: the topics of its channels, and what to do when channels come and go.

A channel is in use when an action has a treatment on it.
"""

from collections.abc import Iterable, Mapping

import msgspec

from garbo.adapters.kafka.reader import present, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.core.party.state import decode
from garbo.core.policy.policy import Policy
from garbo.processors.quota import ROW_KEY
from garbo.processors.topics import Topics
from garbo.runtime.dispatcher_lag import DispatcherLag


def missing_topics(kafka: KafkaSettings, policy: Policy) -> list[str]:
    """The topics of commands that `policy` needs and the broker does not have.

    Raises:
        BrokerError: the broker does not answer.
    """
    there = present(kafka)
    return [name for name in Topics(kafka.prefix).of_channels(policy.vocabulary.command_channels) if name not in there]


def in_use(policy: Policy) -> list[str]:
    """The channels of its treatments, in the order of actions.yaml."""
    return list(dict.fromkeys(t.channel for action in policy.actions.values() for t in action.treatments))


def advice(kafka: KafkaSettings, before: Policy, after: Policy) -> list[str]:
    """What else to do when `after` takes the place of `before`, in sentences; empty if no channel comes or goes.

    Raises:
        BrokerError: the broker does not answer.
    """
    old, new = in_use(before), in_use(after)
    sentences = [sentence for channel in new if channel not in old for sentence in _new(kafka, after, channel)]
    gone = [channel for channel in old if channel not in new]
    if gone:
        planned, waiting = planned_contacts(kafka, gone), _waiting(kafka, gone)
        sentences += [_gone(kafka, channel, planned[channel], waiting[channel]) for channel in gone]
    return sentences


def planned_contacts(kafka: KafkaSettings, channels: Iterable[str]) -> Mapping[str, int]:
    """How many contacts are planned on each of `channels`, by the rows of all persons.

    It reads the whole changelog, as a worker that takes over does.

    Raises:
        TopicError: there is no changelog.
        BrokerError: the broker does not answer.
    """
    latest: dict[bytes, list[str]] = {}
    wanted = frozenset(channels)
    for record in read_all(kafka, [kafka.topic(DECIDE_CHANGELOG)]):
        key = record.key or b""
        found = [] if key == ROW_KEY else [c for c in _planned(record.value) if c in wanted]
        if found:
            latest[key] = found
        else:
            latest.pop(key, None)
    every = [channel for found in latest.values() for channel in found]
    return {channel: every.count(channel) for channel in wanted}


def _planned(row: bytes | None) -> list[str]:
    """The channels of the contacts that a row plans."""
    if not row:
        return []
    try:
        party = decode(row)
    except msgspec.MsgspecError:  # a worker reports it when it restores
        return []
    return [contact.channel for contact in party.contacts if contact.planned and not contact.rider]


def _waiting(kafka: KafkaSettings, channels: Iterable[str]) -> Mapping[str, int]:
    """How many commands the dispatchers of `garbo.client` have not taken yet; 0 if one has never run."""
    found = dict.fromkeys(channels, 0)
    topics = Topics(kafka.prefix)
    for channel in found:

        def report(_: str, topic: str, records: int, channel: str = channel) -> None:
            if topic == topics.actions(channel):
                found[channel] = records

        DispatcherLag(kafka, [topics.dispatcher(channel)], topics.actions(channel), report).measure()
    return found


def _new(kafka: KafkaSettings, policy: Policy, channel: str) -> Iterable[str]:
    topic = Topics(kafka.prefix).actions(channel)
    yield f"channel {channel} is new: start a dispatcher that reads {topic} (docs/dispatchers.md)."
    declared = policy.channels.get(channel)
    if declared is None or declared.capacity is None:
        yield f"channel {channel} has no capacity: write one if it can make only so many contacts an hour or a day."
    if declared is None or not declared.reports_within:
        yield f"channel {channel} has no reports_within: a command counts as delivered, whatever becomes of it."
    if channel not in policy.contact.quiet_hours:
        yield f"channel {channel} has no quiet hours: contacts go out at any time."


def _gone(kafka: KafkaSettings, channel: str, planned: int, waiting: int) -> str:
    parts = [f"channel {channel} is no longer used"]
    if planned:
        parts.append(f"{planned} contacts planned on it are decided again at their time, and not made on it")
    if waiting:
        parts.append(
            f"{waiting} commands wait for its dispatcher {Topics(kafka.prefix).dispatcher(channel)}: let it finish"
        )
    if not planned and not waiting:
        parts.append("nothing is planned on it and no command waits for its dispatcher: you can stop it")
    return "; ".join(parts) + "."
