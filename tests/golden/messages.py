"""Golden messages: one of each kind of sample per schema, written once, decoded for ever.

`python -m tests.golden.messages` writes the files that are missing, for the versions current today. It refuses to
touch one that is there: what was published stays as it was. See docs/schemas.md, "Changing a schema".
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.avro.schemas import Schema, current
from garbo.core.journeys.cells import Cell
from garbo.core.journeys.cells import encode as encode_cell
from garbo.core.vocabulary import effects, events
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import (
    Blocked,
    Deliver,
    Flow,
    FlowKind,
    JourneyFinding,
    JourneyKpi,
    Learn,
    NeedClosed,
    Objection,
    Rider,
    Scored,
)
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ClockTick,
    ConsentChange,
    Direction,
    HouseholdJoined,
    Identifier,
    MemberUpdate,
    PartyEvent,
    PartyMerged,
    ProfileUpdate,
    RowMoved,
    Source,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition, NeedEnd, Reason
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link

FOLDER = Path(__file__).parent / "avro"

AT = 1_740_568_860_000  # 26 February 2025, 11:21 UTC
SEQUENCE, APPENDED_AT = 42, AT + 120

MARTINA = (Identifier("cookie", "ck-7f3a"), Identifier("email", "martina@example.org"))

INBOUND: dict[str, list[InboundMessage]] = {
    "garbo.Touchpoint": [
        InboundMessage(
            "evt-1",
            AT,
            Touchpoint(
                Channel.SOCIAL,
                "question",
                Direction.INBOUND,
                MARTINA,
                {"page": "/prepaid", "visits": 3, "amount": 12.5, "returning": True, "città": "Forlì"},
                "prepaid_card",
                "Hi, what does your prepaid card cost? €?",
                "social-listener",
            ),
        ),
        InboundMessage("evt-2", 0, Touchpoint(Channel.THIRD_PARTY, "visit")),
        *(InboundMessage(f"evt-{c}", AT, Touchpoint(c, "contact", Direction.OUTBOUND, MARTINA[:1])) for c in Channel),
        InboundMessage(  # a policy's own channel, and attributes of kinds list and map
            "evt-7",
            AT,
            Touchpoint(
                "whatsapp",
                "message",
                identifiers=(Identifier("loyalty_card", "L-1"),),
                attributes={"points": 120, "basket": ["milk", "pane"], "empty": [], "shares": {"bonds": 0.25}},
            ),
        ),
    ],
    "garbo.ConsentChange": [
        *(
            InboundMessage(f"evt-{c}", AT, ConsentChange(c, c != "profiling", MARTINA, "form 17/2025", Channel.BRANCH))
            for c in (
                "personal_data",
                "sensitive_data",
                "satisfaction",
                "own_promotion",
                "third_party_promotion",
                "third_party_disclosure",
                "profiling",
            )
        ),
        InboundMessage("evt-3", AT, ConsentChange("profiling", False)),
        InboundMessage("evt-8", AT, ConsentChange("own_promotion", True, MARTINA, "", "whatsapp")),
    ],
    "garbo.ActionOutcome": [
        *(
            InboundMessage(
                f"evt-{s}", AT, ActionOutcome(s, "a-1", "prepaid_call", Channel.CALL_CENTRE, MARTINA, {"tries": 2})
            )
            for s in OutcomeStatus
        ),
        InboundMessage("evt-4", AT, ActionOutcome(OutcomeStatus.NO_ANSWER)),
        InboundMessage("evt-9", AT, ActionOutcome("purchased", "a-1", "", "till", (), {"basket": ["milk"]})),
    ],
    "garbo.ProfileUpdate": [
        InboundMessage(
            "evt-5",
            AT,
            ProfileUpdate(
                MARTINA, {"age": 21, "student": True}, "Martina", "it", "Europe/Rome", "hh-1", "child", "lead"
            ),
        ),
        InboundMessage("evt-6", AT, ProfileUpdate()),
        InboundMessage("evt-10", AT, ProfileUpdate(attributes={"holdings": ["fund"], "shares": {"bonds": 1.0}})),
    ],
}

BODIES: dict[str, list[events.Body]] = {
    "garbo.TimerFired": [TimerFired("t-1", AT)],
    "garbo.PartyMerged": [PartyMerged("p-winner")],
    "garbo.RowMoved": [RowMoved("p-loser", bytes(range(256))), RowMoved("p-loser", b"")],
    "garbo.HouseholdJoined": [HouseholdJoined("hh-1", "p-gaia", "Gaia", "spouse"), HouseholdJoined("hh-1", "p-gaia")],
    "garbo.MemberUpdate": [
        MemberUpdate("p-gaia", ("personal_data", "own_promotion")),
        MemberUpdate("p-gaia", (), AT, "email", "marketing", "own_promotion", "mortgage", "loans"),
    ],
    "garbo.ClockTick": [ClockTick()],
}

SCORED = Scored("prepaid_call", 0.31, 0.29, 812.0, 1.2, 1.0, 40.0, 12.5, 0.5, 0.75, 4.0, 13.9, 0.9, AT + 60_000)
SCORED = msgspec.structs.replace(SCORED, channel="call_centre", cost=3.0)

CELL = Cell(42, {0: 3, 1: 2}, {700: 2}, {350: 1, 401: 1}, {"proposal": 2}, {"cap|onward": 1}, {"call|contact": 1})

EFFECTS: dict[
    str,
    list[
        effects.Deliver
        | effects.DecisionRecord
        | effects.Learn
        | effects.Flow
        | JourneyKpi
        | JourneyFinding
        | Objection
    ],
] = {
    "garbo.ActionCommand": [
        Deliver(
            "a-1",
            "d-1",
            "p-1",
            "call_centre",
            "token_follow_up",
            "service",
            "personal_data",
            "token",
            AT,
            AT + 900_000,
            "+390551234567",
            "it",
            "Il token è partito.",
            {"name": "Giorgio", "branch": "Firenze 2"},
            (Rider("family_mortgage", "own_promotion", "mortgage", "Per Giorgio e Gaia"),),
            ("token", "transfer"),
            "family",
            inbound=True,
        ),
        Deliver("a-3", "d-3", "p-3", "whatsapp", "offer", "marketing", "own_promotion", "", 0, 0, "+39", "", "", {}),
        Deliver("a-2", "d-2", "p-2", "branch", "brief", "mandatory", "", "", 0, 0, "", "", "", {}),
    ],
    "garbo.DecisionRecord": [
        effects.DecisionRecord(
            "d-1",
            "p-1",
            "evt-1",
            "touchpoint",
            "question",
            AT,
            AT + 5,
            Disposition.DECIDED,
            "policy-3",
            "call:17",
            "prepaid_call",
            "a-1",
            AT + 60_000,
            "answer",
            ("rider_1",),
            (SCORED, *(msgspec.structs.replace(SCORED, action=f"other_{r}", reason=r) for r in Reason)),
            tuple(Blocked(f"blocked_{r}", r, f"scope {r}", "email") for r in Reason),
            tuple(NeedClosed("question", "prepaid_card", end, "why") for end in NeedEnd),
            2**63 - 1,
            True,
            0.1,
            120,
            True,
            "lead",
            "interest",
            0.75,
            ("call@17", "web@3"),
            5,
            2**40,
            "0123456789abcdef",
            "fedcba9876543210",
            "planned",
            "prepaid_card",
            "social",
            "call_centre",
            "confirmed",
            True,
            0.05,
            "granted",
            ("question", "call_back"),
        ),
        *(effects.DecisionRecord("d-2", "p-2", "evt-2", "timer", "", AT, AT, d, "policy-3") for d in Disposition),
    ],
    "garbo.LearningExample": [
        Learn("call", "x-1", "p-1", AT, "prepaid_call", {"hour": 9.5, "visits": 3.0}, 1, 0.9, 0.31, "call:17"),
        Learn("call", "x-2", "p-1", AT, "prepaid_call", {}, 0, 0.0, 0.0, ""),
    ],
    "garbo.JourneyFlow": [
        Flow("p-1", AT, "journey", "interest", "offer", "question", 86_400_000),
        Flow("p-1", AT, "lifecycle", "", "lead", "visit", 0),
        Flow(
            "p-1",
            AT,
            "journey",
            "enquiry",
            "proposal",
            "delivered",
            3_600_000,
            FlowKind.MOVE,
            "card",
            1,
            "social",
            "email",
            "young",
            "quiet_hours",
            1_800_000,
        ),
        Flow(
            "p-1",
            AT,
            "journey",
            "proposal",
            "",
            "patience",
            86_400_000,
            FlowKind.DROP,
            "card",
            -1,
            "email",
            "",
            "young",
            "rule:offer_first_year_free",
            -1,
        ),
        Flow(
            "p-1",
            AT,
            "journey",
            "proposal",
            "",
            "ignored",
            0,
            FlowKind.RESPONSE,
            "card",
            1,
            "call_centre",
            "",
            "young",
            "",
            -1,
            "neutral",
            True,
            "call_information",
        ),
        Flow(
            "p-1",
            AT,
            "journey",
            "proposal",
            "",
            "accepted",
            0,
            FlowKind.RESPONSE,
            "card",
            1,
            "call_centre",
            "",
            "young",
            "",
            -1,
            "positive",
            False,
            "call_information",
            45_500,
        ),
    ],
    "garbo.JourneyKpi": [
        JourneyKpi(3, AT - AT % 3_600_000, "card", "enquiry", "web", "young", 42, encode_cell(CELL)),
        JourneyKpi(0, 0, "", "", "", "", 0, b""),
    ],
    "garbo.JourneyFinding": [
        JourneyFinding(
            "card",
            "enquiry",
            "capacity",
            "narrowing",
            "open",
            3,
            AT,
            AT - 86_400_000,
            AT,
            "policy-3",
            0.15,
            0.11,
            0.19,
            0.08,
            0.24,
            0.998,
            0.31,
            0.04,
            "call_centre",
            "young",
            "call_centre",
            4_210,
            False,
        ),
        JourneyFinding(
            "card",
            "proposal",
            "dwell",
            "drift",
            "closed",
            1,
            AT,
            0,
            AT,
            "",
            -0.3,
            -0.4,
            -0.2,
            -0.4,
            -0.2,
            0.95,
            1.0,
            1.5,
        ),
    ],
    "garbo.Objection": [
        Objection("o-1", "p-1", AT, ("email", "sms"), False, "evt-1", "stop_request", "app", "policy-3"),
        Objection("o-2", "p-1", AT, (), True, "evt-2", "unsubscribed", "", "policy-3"),
    ],
}

LINKS = [
    Link(MARTINA[1], "p-1", MARTINA[0]),
    Link(Identifier("household", "hh-1"), "p-1", Identifier("customer_id", "1"), "Giorgio", "parent"),
]

_SOURCE = Source("touchpoints", 3, 123_456)

DEAD_LETTERS = [
    DeadLetter("touchpoints", 3, 7, AT, b"key\xff", b"\x00\x01", 2, DeadLetterReason.NOT_AVRO, "why", "resolve", AT),
    *(DeadLetter("consents", 0, 0, AT, None, None, 0, r, "", "decide", AT) for r in DeadLetterReason),
]


def framed_events(codec: AvroCodec) -> Iterator[PartyEvent]:
    """Every body in an envelope, with and without its source."""
    for messages in INBOUND.values():
        first = messages[0]
        yield PartyEvent(first.event_id, "p-1", first.at, first.body, SEQUENCE, APPENDED_AT, _SOURCE)
    yield PartyEvent("evt-1", "p-1", AT, INBOUND["garbo.Touchpoint"][0].body, SEQUENCE, APPENDED_AT, None, "p-alias")
    for bodies in BODIES.values():  # their own files are in the frame of the day on which they were written
        yield from internal_events(bodies)


def internal_events(bodies: list[events.Body]) -> Iterator[PartyEvent]:
    for body in bodies:
        yield PartyEvent("evt-7", "" if body == ClockTick() else "p-1", AT, body, SEQUENCE, APPENDED_AT)


def record(value: bytes, key: bytes = b"p-1") -> ConsumerRecord:
    return ConsumerRecord("party-events", 0, SEQUENCE, key, value, APPENDED_AT)


def reader(codec: AvroCodec, entrance: str) -> Callable[[bytes], Any]:
    """The codec's method that reads such a message. Older golden files call the entrance of inbound messages "fact"."""
    if entrance == "party_event":
        return lambda value: codec.party_event(record(value))
    method: Callable[[bytes], Any] = getattr(codec, "inbound" if entrance == "fact" else entrance)
    return method


def encode(codec: AvroCodec, value: Any) -> bytes:
    """Any value of this module as its message."""
    match value:
        case InboundMessage():
            return codec.encode_inbound(value)
        case PartyEvent():
            return codec.encode_event(value)
        case Link():
            return codec.encode_link(value)
        case DeadLetter():
            put_aside = ConsumerRecord(
                value.topic, value.partition, value.offset, value.key, value.value, value.appended_at
            )
            return codec.encode_dead_letter(put_aside, value.processor, value.reason, value.detail, value.at)
        case _:
            return codec.encode(value)


def samples(codec: AvroCodec) -> dict[str, tuple[str, list[Any]]]:
    """Schema -> (the codec's method that reads it, values)."""
    out: dict[str, tuple[str, list[Any]]] = {name: ("inbound", list(values)) for name, values in INBOUND.items()}
    for name, bodies in BODIES.items():
        out[name] = ("party_event", list(internal_events(bodies)))
    out["garbo.PartyEvent"] = ("party_event", list(framed_events(codec)))
    readers = {
        Deliver: "command",
        effects.DecisionRecord: "decision",
        Learn: "example",
        Flow: "flow",
        JourneyKpi: "kpi",
        JourneyFinding: "finding",
        Objection: "objection",
    }
    for name, made in EFFECTS.items():
        out[name] = (readers[type(made[0])], list(made))
    out["garbo.IdentityLink"] = ("link", list(LINKS))
    out["garbo.DeadLetter"] = ("dead_letter", list(DEAD_LETTERS))
    return out


def plain(value: Any) -> Any:
    """`value` as JSON keeps it: names beside values, so that fields added later do not disturb."""
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        fields = {wire: plain(getattr(value, field)) for wire, field in names}
        return {"type": tag, **fields} if tag else fields
    if hasattr(value, "_asdict"):
        return {field: plain(item) for field, item in value._asdict().items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return value


def path(schema: Schema) -> Path:
    return FOLDER / f"{schema.name.removeprefix('garbo.')}.{schema.version}.json"


def main() -> None:
    codec = AvroCodec(PackagedRegistry())
    made = samples(codec)
    for name, schema in current().items():
        if path(schema).exists():
            print(f"kept    {path(schema).name}")
            continue
        entrance, values = made[name]
        golden = {
            "schema": name,
            "version": schema.version,
            "entrance": entrance,
            "text": json.loads(schema.text),
            "messages": [{"hex": encode(codec, value).hex(), "value": plain(value)} for value in values],
        }
        path(schema).write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"written {path(schema).name}")


if __name__ == "__main__":
    main()
