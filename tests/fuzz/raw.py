"""One message with exactly the fuzzer's bytes. The first byte selects the entrance, the second the key."""

import json
from collections.abc import Callable
from random import Random
from typing import Final

from garbo.processors.ports import ConsumerRecord, Rejected
from tests.fuzz import messages, processors
from tests.fuzz.choices import Choices
from tests.fuzz.grammar import framed
from tests.fuzz.initial_state import AT, CODEC, TOPICS
from tests.fuzz.tally import Tally
from tests.golden.messages import FOLDER

_PROCESSORS: Final[dict[str, Callable[[], processors.Twins]]] = {
    **dict.fromkeys((*TOPICS.inbound, TOPICS.links), processors.resolve),
    TOPICS.party_events: processors.decide,
    TOPICS.examples: processors.learn,
    TOPICS.flows: processors.journey_kpis,
}
_CONSUMERS: Final = ("command", "decision", "kpi", "finding", "dead_letter", "objection")
ENTRANCES: Final = (*_PROCESSORS, *_CONSUMERS)
_GOLDEN: Final = {  # by the golden files' own words
    "fact": TOPICS.inbound, "inbound": TOPICS.inbound, "party_event": (TOPICS.party_events,),
    "link": (TOPICS.links,), "example": (TOPICS.examples,), "flow": (TOPICS.flows,),
}  # fmt: skip


def play(data: bytes, tally: Tally) -> None:
    """Play one message. Raises `Crash`, or any exception of the code under test."""
    entrance, value = ENTRANCES[(data[:1] or b"\0")[0] % len(ENTRANCES)], data[2:]
    if entrance in _CONSUMERS:
        try:
            getattr(CODEC, entrance)(value)
        except Rejected as refused:
            tally.note(f"codec.{entrance}", "refused", refused.reason.value)
        else:
            tally.note(f"codec.{entrance}", "read")
        return
    twins = _PROCESSORS[entrance]()
    key = messages.key(Choices(data[1:2] * 4), entrance, value)
    tally.note(entrance, *twins.meet(ConsumerRecord(entrance, 0, 0, key, value, AT)))
    tally.took(entrance, twins.hostile.slowest)


def seeds() -> list[bytes]:
    """Golden messages and valid generated messages, each for its own entrance."""
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        golden = json.loads(file.read_text("utf-8"))
        for entrance in _GOLDEN.get(golden["entrance"], (golden["entrance"],)):
            found += [_at(entrance) + bytes.fromhex(message["hex"]) for message in golden["messages"][:3]]
    for topic, names in messages.BELONGS.items():
        for number in range(24):
            choices = Choices(Random(number).randbytes(400))
            found.append(_at(topic) + framed(choices, names[number % len(names)], 0))
    return found


def _at(entrance: str) -> bytes:
    return bytes((ENTRANCES.index(entrance), 0))
