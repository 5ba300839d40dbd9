"""The state before the hostile messages: the golden journeys, with open needs, plans, aliases, consents.

Rules
 1. It is built once. Each scenario works on copies, so that it depends on its choices alone.
 2. The witness is a person that no hostile message can name. The results of the witness's messages show whether a
    hostile message had an effect on anybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.party.identity import party_of
from garbo.core.party.state import decode
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import Flow, FlowKind, Learn
from garbo.core.vocabulary.events import Identifier, PartyEvent, Source, Touchpoint
from garbo.processors.identifiers import key_of
from garbo.processors.ports import ConsumerRecord, InboundMessage
from garbo.processors.quota import ROW_KEY
from garbo.processors.topics import Topics
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank, golden, in_order

BANK: Final[Policy] = bank()
COMPILED: Final[CompiledPolicy] = compiled(BANK)
CODEC: Final = AvroCodec(PackagedRegistry())
TOPICS: Final = Topics()

_FACTS: Final = in_order(*(journey.messages for journey in golden()))
# The instant at which hostile messages arrive: a minute after the last fact of the journeys.
AT: Final = _FACTS[-1].at + 60_000

WITNESS: Final = Identifier("cookie", "the-witness-nobody-names")
WITNESS_PARTY: Final = party_of(WITNESS)


@dataclass(frozen=True, slots=True)
class InitialState:
    """The rows of each processor, and the snapshots of the models."""

    resolve: Mapping[bytes, bytes]
    decide: Mapping[bytes, bytes]
    learn: Mapping[bytes, bytes]
    journey_kpis: Mapping[bytes, bytes]
    snapshots: tuple[bytes, ...]


@cache
def initial_state() -> InitialState:
    driver = Driver(BANK, partitions=1)
    for fact in _FACTS:
        driver.tick(fact.at)
        driver.send(fact)
    for number, family in enumerate(BANK.models):
        for n in range(20):
            name = BANK.models[family].features[0].name
            example = Learn(family, f"base-{number}-{n}", "p", AT, "a", {name: float(n)}, n % 2, 0.5, 0.5, "")
            driver.send_raw(TOPICS.examples, family.encode(), CODEC.encode(example))
    rows = {name: dict(table.rows) for (name, _), table in driver._tables.items()}
    snapshots = tuple(r.value or b"" for r in driver.log[TOPICS.snapshots])
    return InitialState(rows["resolve"], rows["decide"], rows["learn"], rows["journey_kpis"], snapshots)


_OF_PARTIES: Final = {key: row for key, row in sorted(initial_state().decide.items()) if key != ROW_KEY}
PARTIES: Final = tuple(key.decode() for key in _OF_PARTIES)
_ROWS: Final = [decode(row) for row in _OF_PARTIES.values()]
TIMERS: Final = tuple(timer.id for row in _ROWS for timer in row.timers)
ACTION_IDS: Final = tuple(dict.fromkeys(p.action_id for row in _ROWS for p in (*row.pending, *row.contacts)))
IDENTIFIERS: Final = tuple(sorted({i for fact in _FACTS for i in fact.body.identifiers}))


def good_fact(number: int) -> ConsumerRecord:
    """The witness's `number`th message, as resolve reads it."""
    body = Touchpoint(Channel.WEB, "page_view", identifiers=(WITNESS,), theme="mortgage")
    value = CODEC.encode_inbound(InboundMessage(f"witness-{number}", AT + number, body))
    return ConsumerRecord("touchpoints", 0, 1_000_000 + number, key_of(WITNESS), value, AT + number)


def good_event(number: int) -> ConsumerRecord:
    """The witness's `number`th event, as decide reads it: a question, which opens a need, plans and answers."""
    body = Touchpoint(
        Channel.SOCIAL, "information_request", identifiers=(WITNESS,), theme="mortgage", text="quanto costa?"
    )
    event = PartyEvent(
        f"witness-{number}", WITNESS_PARTY, AT + number, body, source=Source("touchpoints", 0, 1_000_000 + number)
    )
    return ConsumerRecord(
        TOPICS.party_events, 0, 1_000_000 + number, WITNESS_PARTY.encode(), CODEC.encode_event(event), AT + number
    )


def good_example(number: int) -> ConsumerRecord:
    family, model = next(iter(BANK.models.items()))
    features = {model.features[0].name: 1.0 + number}
    example = Learn(family, f"witness-{number}", "p", AT, "a", features, number % 2, 0.5, 0.5, "")
    return ConsumerRecord(TOPICS.examples, 0, 1_000_000 + number, family.encode(), CODEC.encode(example), AT)


def good_flow(number: int) -> ConsumerRecord:
    """The witness enters a stage, in a segment of its own."""
    fact = Flow(
        WITNESS_PARTY, AT, "journey", "enquiry", "proposal", "delivered", 60_000 + number, FlowKind.MOVE, "card",
        segment=WITNESS.value,
    )  # fmt: skip
    return ConsumerRecord(TOPICS.flows, 0, 1_000_000 + number, WITNESS_PARTY.encode(), CODEC.encode(fact), AT)
