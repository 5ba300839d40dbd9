"""The feeder: cause before effect, a bound on messages in flight, ticks in their place, and losses reported."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from garbo.core.vocabulary.events import ConsentChange
from garbo.errors import BrokerError
from garbo.processors.ports import InboundMessage
from garbo.replay import feed as module
from garbo.replay import report
from garbo.replay.feed import Feed, Sent, Tick
from garbo.replay.tally import Counts


def fact(event_id: str, at: int = 0) -> InboundMessage:
    return InboundMessage(event_id, at, ConsentChange("profiling", True))


def chain(name: str, at: int = 0) -> list[list[InboundMessage]]:
    return [[fact(f"{name}/a", at), fact(f"{name}/b", at)], [fact(f"{name}/c", at + 1)], []]


class Loop:
    """A pipeline and its tally in one: answers `ahead` facts at a time, oldest first."""

    def __init__(self, ahead: int = 2, lose: str = "") -> None:
        self.log: list[str] = []
        self.waiting: list[str] = []
        self.most = 0
        self.unlearnt = 0
        self._ahead, self._lose = ahead, lose

    def send(self, fact: InboundMessage) -> None:
        self.log.append(fact.event_id)
        if fact.event_id != self._lose:
            self.waiting.append(fact.event_id)
        self.most = max(self.most, len(self.waiting))

    def tick(self, at: int) -> None:
        self.log.append(f"tick {at}")

    def read(self, timeout: float) -> list[str]:
        ended, self.waiting = self.waiting[: self._ahead], self.waiting[self._ahead :]
        return [*ended, "a timer of somebody's"]


def feed(loop: Any, **options: Any) -> Feed:
    return Feed(loop, loop, **options)


def test_a_step_waits_for_every_fact_of_the_one_before() -> None:
    loop = Loop()
    sent = feed(loop).run([chain("x"), chain("y")])
    assert loop.log.index("x/c") > max(loop.log.index("x/a"), loop.log.index("x/b"))
    assert (6, 6, 2, 0) == (sent.messages, sent.ended, sent.chains, sent.repeated)
    assert 6 == len(sent.latencies)


def test_no_more_than_the_bound_is_in_flight() -> None:
    loop = Loop(ahead=1)
    feed(loop, in_flight=5).run([chain(str(n)) for n in range(20)])
    assert 5 == loop.most


def test_a_tick_comes_after_all_that_began_before_it_and_the_last_one_is_sent() -> None:
    loop = Loop()
    feed(loop).run([chain("x"), Tick(1), chain("y"), Tick(2)])
    assert loop.log.index("tick 1") > loop.log.index("x/c")
    assert "tick 2" == loop.log[-1]


def test_what_happened_at_a_tick_or_later_waits_for_it_and_what_happened_before_does_not() -> None:
    """Otherwise a later message of one person would fire another person's timers too early: the consents of a day, of
    the tick's own instant, overtook the outcomes of the day before."""
    loop = Loop(ahead=1)
    feed(loop).run(
        [Tick(1), chain("x", 1), Tick(10), chain("y", 9), chain("z", 10), Tick(20), chain("w", 20), Tick(30)]
    )
    order = {event: place for place, event in enumerate(loop.log)}
    assert order["y/a"] < order["x/c"] < order["tick 10"] < order["y/c"]
    assert order["tick 10"] < order["z/a"]
    assert max(order["y/c"], order["z/c"]) < order["tick 20"] < order["w/a"] < order["w/c"] < order["tick 30"]


def test_unlearnt_examples_hold_the_feeder_back() -> None:
    loop = Loop()
    loop.unlearnt = module.MOST_UNLEARNT + 1
    held: list[int] = []

    def learnt(sent: Sent) -> None:
        held.append(sent.messages)
        loop.unlearnt -= 1

    feed(loop, progress=learnt).run([chain("x")])
    assert 0 == held[0]


def test_a_message_that_never_ends_stops_the_feeder_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STALL_S", 0.05)
    sent = feed(Loop(lose="x/b")).run([chain("x")])
    tally: Any = SimpleNamespace(counts=Counts(lost=3), unmatched_commands=1, unlearnt=2)
    assert ["x/b"] == sent.unanswered
    assert [
        "1 messages have neither a decision nor a dead letter: x/b",
        "3 records were dropped by the broker before they were read",
        "1 decisions have no command, or commands no decision",
        "2 examples are in no model",
    ] == report.problems(sent, tally)


def test_a_second_decision_of_a_fact_is_counted() -> None:
    class Twice(Loop):
        def read(self, timeout: float) -> list[str]:
            return [event for event in super().read(timeout) for _ in range(2)]

    assert 3 == feed(Twice()).run([chain("x")]).repeated


def test_an_event_id_used_twice_is_refused() -> None:
    with pytest.raises(BrokerError, match="used twice"):
        feed(Loop()).run([chain("x"), chain("x")])


def test_the_report_counts_commands_by_channel_and_action() -> None:
    counts = Counts(commands=Counter({("email", "a"): 2, ("email", "b"): 1, ("sms", "c"): 4}))
    tally: Any = SimpleNamespace(counts=counts, unmatched_commands=0, unlearnt=0, drift=lambda family: None)
    run = report.Run("x.csv", 1, "none", 1, 1, None, 1.0, 2, 0.0)
    found = report.data(run, Sent(messages=4, ended=4, seconds=2.0, latencies=[0.1, 0.2]), tally, "f")
    assert {"sms": 4, "email": 3} == found["commands_by_channel"]
    assert {"email a": 2, "email b": 1, "sms c": 4} == found["commands_by_action"]
    assert 2 == found["events_per_second"]
    assert "Nothing was lost: each of the 4 events" in report.markdown(found)
