"""The table of messages agrees with what is published, with the topics, with the vocabulary and with its page."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import garbo
from garbo.adapters.avro.messages import INBOUND, MESSAGES
from garbo.adapters.avro.messages.party_event import BODIES, TYPES
from garbo.adapters.avro.publish import file_name
from garbo.adapters.avro.schemas import packaged
from garbo.adapters.kafka.topics import CHANGELOGS, topic_specs
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, Learn, Objection
from garbo.core.vocabulary.events import Body, Identifier, InboundBody
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.processors.topics import INBOUND_TOPICS, MODEL_SNAPSHOTS, PARTY_EVENTS, POLICY_VERSIONS, PROCESSORS, Topics
from tests.golden import messages
from tests.unit.adapters.avro import message_page


def test_the_published_schemas_are_those_of_the_table() -> None:
    assert set(packaged()) == {message.name for message in MESSAGES}
    assert len(MESSAGES) == len({message.name for message in MESSAGES}) == len({message.value for message in MESSAGES})


def test_a_message_is_declared_in_the_file_named_after_its_schema() -> None:
    """`garbo.ActionCommand`: schemas/action_command.avsc, messages/action_command.py; Garbo's own events share one."""
    folder = Path(garbo.__file__).parent / "adapters" / "avro" / "messages"
    for message in MESSAGES:
        file = file_name(message.name) if message.topics else "internal_events"
        assert f'"{message.name}"' in (folder / f"{file}.py").read_text("utf-8")


def test_the_values_are_the_vocabulary() -> None:
    assert set(get_args(InboundBody)) == {message.value for message in INBOUND.values()} == set(INBOUND_TOPICS)
    assert set(get_args(Body)) == {message.value for message in BODIES.values()}
    assert {Deliver, DecisionRecord, Learn, Flow, Objection} < {message.value for message in MESSAGES}
    assert len(BODIES) == len(set(TYPES.values()))


def test_every_topic_has_its_message_and_every_message_its_topic() -> None:
    """But for the broadcasts, which are not Avro, and the changelogs, which are rows."""
    others = {MODEL_SNAPSHOTS, POLICY_VERSIONS, *CHANGELOGS.values()}
    carried = {topic for message in MESSAGES for topic in message.topics}
    made = {spec.name for spec in topic_specs(1, channels=["<channel>"])}
    assert made == carried | others
    assert {message.name for message in BODIES.values() if not message.topics} == set(BODIES) - set(INBOUND)


def test_a_message_on_a_processors_input_names_it_as_reader() -> None:
    for processor in PROCESSORS:
        for message in MESSAGES:
            carried = set(message.topics) or {PARTY_EVENTS}  # a body travels in an envelope
            assert (processor in message.read_by) == bool(carried & set(Topics().inputs(processor))), message.name


def test_topics_by_role_are_topics_that_are_made() -> None:
    made = {spec.name for spec in topic_specs(1, "bank.", [])}
    topics = Topics("bank.")
    roles = [name for name, kind in vars(Topics).items() if isinstance(kind, property)]
    named = {name for role in roles for name in _names(getattr(topics, role))}
    assert named == made - {topics.named(name) for name in CHANGELOGS.values()}
    with_fax = {spec.name for spec in topic_specs(1, "bank.", ["fax"])}
    assert with_fax - made == {topics.actions("fax")} == set(topics.of_channels(["fax"]))
    assert topics.of_commands([*with_fax, "other.actions.fax"]) == (topics.actions("fax"),)


def _names(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


@pytest.mark.parametrize("name", INBOUND)
def test_a_producers_message_goes_to_the_topic_its_table_row_says(name: str) -> None:
    body = messages.INBOUND[name][0].body
    topic, key = routed(InboundMessage("e", 1, body))
    assert (topic, PARTY_EVENTS) == INBOUND[name].topics
    assert key == b"cookie:ck-7f3a"
    assert body.identifiers[0] == Identifier("cookie", "ck-7f3a")


def test_no_other_file_writes_a_topics_name() -> None:
    """The plain words (decisions, outcomes, ...) mean other things too; those with a hyphen are topics alone."""
    named = {spec.name for spec in topic_specs(1) if "-" in spec.name}
    root = Path(garbo.__file__).parent
    found = {
        (str(path.relative_to(root)), node.value)
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in named
    }
    assert {"processors/topics.py", "adapters/kafka/topics.py"} == {path for path, _ in found}
    assert len(found) == len(named)


def test_the_pages_table_is_todays() -> None:
    text = message_page.PAGE.read_text("utf-8")
    assert text == message_page.page(text)
