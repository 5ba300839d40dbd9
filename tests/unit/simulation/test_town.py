"""The town that answers: deterministic, in order, and people who are nagged leave."""

import hashlib
import io
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from garbo.core.party.identity import party_of
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.processors.identifiers import normalised
from garbo.processors.ports import InboundMessage
from garbo.simulation.jsonl import write_jsonl
from garbo.simulation.resident import Resident
from garbo.simulation.town import Town

DAYS = 28


def command(person: Resident, at: int, *, channel: str = "email", theme: str = "pension", name: str = "") -> Deliver:
    party = party_of(normalised(*person.person.customer) or person.person.customer)
    return Deliver(
        action_id=f"a-{person.person.number}-{at}-{name}", decision_id="d", party=party, channel=channel,
        action="offer", action_class="marketing", purpose="own_promotion", theme=theme, at=at,
        expires_at=at + DAY, address="x", language="it", message="", parameters={},
    )  # fmt: skip


@cache
def treated(every: int, channel: str, seed: int = 5) -> tuple[Town, list[InboundMessage]]:
    """A town whose customers get one marketing contact every `every` days; every third contact changes the theme."""
    town, found = Town(seed, 200, DAYS), list[InboundMessage]()
    customers = [r for r in town.residents if r.customer]
    start = town.now
    for day in range(DAYS):
        at = start + day * DAY + 10 * HOUR
        found += town.until(at)
        if day % every == 0:
            theme = ("pension", "mortgage", "credit_card")[day // every % 3]
            for person in customers:
                assert town.receive(command(person, at, channel=channel, theme=theme))
    found += town.until(town.end)
    return town, found


def text(messages: list[InboundMessage]) -> bytes:
    file = io.BytesIO()
    write_jsonl(messages, file)
    return file.getvalue()


def lost(town: Town) -> int:
    return town.counts["customers_lost/annoyed"]


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_policy_that_nags_loses_customers_and_a_polite_one_hardly_any(seed: int) -> None:
    nagged, because_of_nagging = treated(1, "sms", seed)
    polite, because_of_politeness = treated(9, "email", seed)
    customers = polite.counts["customers_at_start"]
    assert lost(nagged) > 0.3 * customers
    assert lost(polite) < 0.02 * customers

    def complaints(messages: list[InboundMessage]) -> int:
        return sum(isinstance(m.body, Touchpoint) and m.body.kind == "complaint" for m in messages)

    assert complaints(because_of_nagging) > 2 * complaints(because_of_politeness)
    withdrawn = "withdrawn_because_of_us/own_promotion"
    assert nagged.counts[withdrawn] > 10 * max(polite.counts[withdrawn], 1)


def test_messages_come_in_the_order_of_time_each_once_and_only_after_what_caused_them() -> None:
    town, messages = treated(3, "call_centre")
    assert all(a.at <= b.at for a, b in pairwise(messages))
    assert len(messages) == len({m.event_id for m in messages})
    for message in messages:
        if isinstance(message.body, ActionOutcome):
            assert message.at > int(message.body.action_id.split("-")[2])
    assert town.over


def test_after_account_closed_a_person_does_nothing_more() -> None:
    _, messages = treated(1, "sms")
    closed: dict[str, int] = {}
    for message in messages:
        who = message.event_id.split("/")[1]
        if who in closed and isinstance(message.body, Touchpoint) and message.body.kind != "account_opened":
            pytest.fail(f"{message} comes after the account was closed")
        if isinstance(message.body, Touchpoint) and message.body.kind == "account_closed":
            closed[who] = message.at
        elif isinstance(message.body, Touchpoint) and who in closed:
            del closed[who]  # a rare one comes back
    assert len(closed) > 20


def test_the_order_in_which_commands_of_several_persons_come_changes_nothing() -> None:
    def played(reverse: bool) -> bytes:
        town = Town(9, 60, 5)
        at = town.now + 2 * DAY
        messages = town.until(at)
        for person in sorted(town.residents, key=lambda r: r.person.number, reverse=reverse):
            for channel in ("sms", "email"):
                town.receive(command(person, at + HOUR, channel=channel, name=channel))
        return text(messages + town.until(town.end))

    assert played(reverse=False) == played(reverse=True)


def test_a_copy_of_a_command_and_a_stranger_change_nothing() -> None:
    town = Town(9, 60, 5)
    first = command(next(r for r in town.residents if r.customer), town.now)
    assert town.receive(first)
    assert not town.receive(first)
    stranger = Town(10, 1, 1).residents[0]
    assert not town.receive(command(stranger, town.now))


def test_the_same_seed_and_the_same_commands_give_the_same_messages_under_any_hash_seed() -> None:
    program = (
        "import hashlib; from tests.unit.simulation.test_town import text, treated; "
        "print(hashlib.sha256(text(treated(2, 'sms')[1])).hexdigest())"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert [hashlib.sha256(text(treated(2, "sms")[1])).hexdigest()] * 2 == found


def test_most_give_personal_data_some_later_and_a_few_never() -> None:
    town = Town(4, 1500, 20)
    given: dict[str, list[tuple[bool, int]]] = {}
    known: dict[str, int] = {}
    for message in town.until(town.end):
        who = message.event_id.split("/")[1]
        if isinstance(message.body, ConsentChange) and message.body.consent == "personal_data":
            given.setdefault(who, []).append((message.body.granted, message.at))
        known.setdefault(who, message.at)
    first = Counter(answers[0][0] for answers in given.values())
    late = sum(answers[0][1] > known[who] + 2 * DAY for who, answers in given.items())
    assert 0.005 < first[False] / first.total() < 0.05
    assert late > 10


def test_every_need_can_end_because_nobody_asks_anything_new_at_the_end() -> None:
    town = Town(4, 300, 5)
    town.until(town.end - 4 * DAY)
    kinds = Counter(m.body.kind for m in town.until(town.end) if isinstance(m.body, Touchpoint))
    assert not kinds.keys() & {"complaint", "social_post", "information_request", "transfer_failed"}
