"""The closed loop on the bank's policy: in one thread, and through a broker with a real worker process."""

import json
import subprocess
import sys
from collections.abc import Sequence

from garbo.bootstrap.settings import packaged_example
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import ActionOutcome
from garbo.core.vocabulary.instants import HOUR
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.simulation.loop import Answers, run
from garbo.simulation.summary import Summary
from garbo.simulation.summary_text import lines
from garbo.simulation.town import Town
from garbo.testing.driver import Driver
from garbo.testing.one_thread import OneThread

SEED, PARTIES, DAYS = 3, 40, 5


class Recorder:
    """An engine that keeps what passes through it."""

    def __init__(self, engine: OneThread) -> None:
        self._engine = engine
        self.sent: list[InboundMessage] = []
        self.commands: list[Deliver] = []
        self.decisions: list[DecisionRecord] = []

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        self.sent += messages
        answers = self._engine.advance(messages, until)
        self.commands += answers.commands
        self.decisions += answers.decisions
        return answers


def played(partitions: int = 4, slice_ms: int = HOUR) -> tuple[Recorder, Summary, Town, OneThread]:
    town, summary = Town(SEED, PARTIES, DAYS), Summary()
    engine = OneThread(Driver(load(packaged_example()), partitions=partitions))
    recorder = Recorder(engine)
    run(town, recorder, summary, slice_ms=slice_ms)
    return recorder, summary, town, engine


def test_the_loop_closes_and_the_summary_counts_it() -> None:
    recorder, summary, town, engine = played()
    assert engine.dead_letters == 0
    commands = {command.action_id: command for command in recorder.commands}
    assert len(commands) >= 5
    outcomes = [message for message in recorder.sent if isinstance(message.body, ActionOutcome)]
    answered = set()
    for message in outcomes:
        assert isinstance(message.body, ActionOutcome)
        command = commands[message.body.action_id]  # every outcome names a command
        assert message.at >= command.at
        answered.add(command.action_id)
    assert len(answered) >= 0.9 * len(commands)
    # Garbo has received each message of the town: one decision of its own for each.
    decided = {record.event_id for record in recorder.decisions}
    assert {message.event_id for message in recorder.sent} <= decided

    data = summary.data(town.counts, 1.0, engine.dead_letters)
    assert sum(sum(classes.values()) for classes in data["commands"].values()) == len(commands)
    assert sum(sum(statuses.values()) for statuses in data["answers"].values()) == len(outcomes)
    assert data["decisions"] == sum(point["decisions"] for point in data["points"].values())
    silent = sum(round(point["without_action"] * point["decisions"]) for point in data["points"].values())
    assert silent == sum(sum(reasons.values()) for reasons in data["silence"].values())
    text = list(lines(data))
    assert max(map(len, text)) <= 80
    assert any(line.startswith("Needs, by kind and end") for line in text)
    json.dumps(data)


def test_the_town_is_the_same_over_one_partition_and_over_four() -> None:
    (one, *_), (four, *_) = played(partitions=1), played(partitions=4)
    assert one.sent == four.sent
    assert sorted(c.action_id for c in one.commands) == sorted(c.action_id for c in four.commands)


def garbo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garbo.cli", "simulate", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


TOWN = ("--closed-loop", "--seed", str(SEED), "--parties", "20", "--days", "1", "--slice", "120", "--json")
# What the town, its persons and Garbo did; not how fast.
SAME = ("town", "messages", "commands", "answers", "decisions", "needs", "silence", "points", "dead_letters")


def test_through_a_broker_the_town_is_the_same_as_in_one_thread() -> None:
    through, alone = garbo(*TOWN), garbo(*TOWN, "--one-thread")
    assert (0, 0) == (through.returncode, alone.returncode), through.stderr + alone.stderr
    broker, thread = json.loads(through.stdout), json.loads(alone.stdout)
    assert {name: thread[name] for name in SAME} == {name: broker[name] for name in SAME}
    assert broker["dead_letters"] == 0
    assert sum(broker["messages"].values()) > 50
    assert "messages/s" in through.stderr


def test_a_mistake_is_a_sentence() -> None:
    for words, says in (
        (("--closed-loop", "--out", "x"), "takes no --out"),
        (("--closed-loop", "--one-thread", "--bootstrap", "127.0.0.1:1"), "leave out --bootstrap"),
        (("--one-thread",), "belong to --closed-loop"),
    ):
        done = garbo(*words)
        assert 1 == done.returncode
        assert says in done.stderr
        assert "Traceback" not in done.stderr
