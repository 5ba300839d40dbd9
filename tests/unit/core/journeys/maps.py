"""A small map for tests of placement: two journeys with themes, and one of the rest."""

from garbo.core.journeys.instance import Fact, Happening, Instance
from garbo.core.journeys.journal import Placed, Signed, place
from garbo.core.policy.journey import Goal, Journey, Move, StageDefinition, TouchpointKind
from garbo.core.policy.journey_map import JourneyMap, journey_map
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.instants import DAY, HOUR

KINDS = ("visit", "ask", "call", "complain", "solve", "buy")

CARD = Journey(
    "card",
    themes=("card",),
    ideal=("look", "enquiry", "proposal", "start"),
    goal=Goal("start", 30 * DAY),
    reentry=6 * HOUR,
    stages={
        "look": StageDefinition("look", patience=10 * HOUR, touchpoints={"visit": ("web", "app")}, optional=True),
        "enquiry": StageDefinition("enquiry", patience=5 * HOUR, touchpoints={"call": ()}, advance=("reply",)),
        "proposal": StageDefinition("proposal", patience=8 * HOUR, advance=("offer",)),
        "start": StageDefinition("start", patience=4 * HOUR),
    },
    moves=(
        Move("", "visit", "look"),
        Move("", "ask", "enquiry"),
        Move("look", "ask", "enquiry"),
        Move("enquiry", "delivered", "proposal"),
        Move("proposal", "ask", "enquiry"),
        Move("proposal", "refused", "look"),
        Move("*", "buy", "start"),
    ),
)

PENSION = Journey(
    "pension",
    themes=("pension",),
    ideal=("look", "decision"),
    goal=Goal("decision"),
    stages={
        "look": StageDefinition("look", patience=20 * HOUR),
        "decision": StageDefinition("decision", patience=20 * HOUR),
    },
    moves=(Move("", "visit", "look"), Move("look", "call", "decision"), Move("look", "accepted", "decision")),
)

SERVICE = Journey(
    "service",
    themes=("*",),
    ideal=("trouble", "solved"),
    ends=("solved",),
    stages={
        "trouble": StageDefinition("trouble", patience=6 * HOUR, advance=("fix",)),
        "solved": StageDefinition("solved", patience=2 * HOUR),
    },
    moves=(Move("*", "complain", "trouble"), Move("trouble", "solve", "solved")),
)

MAP: JourneyMap = journey_map(
    {j.name: j for j in (CARD, PENSION, SERVICE)},
    ("young",),
    {name: TouchpointKind(name) for name in KINDS},
    ("card", "pension", "token"),
    DEFAULT,
)


def happened(at: int, kind: str, theme: str = "card", channel: str = "web", **more: object) -> Happening:
    return Happening(at, at % 1000, kind, theme, channel, "all", **more)  # type: ignore[arg-type]


def played(happenings: list[Happening], placed: Placed | None = None) -> tuple[Placed, list[Signed]]:
    """The happenings in this order of arrival: where it ends, and what it said."""
    placed, said = placed or Placed(), []
    for one in happenings:
        said += place(MAP, placed, one)
    return placed, said


def net(said: list[Signed]) -> dict[Fact, int]:
    """What is left when what was taken back is taken off."""
    found: dict[Fact, int] = {}
    for sign, fact in said:
        found[fact] = found.get(fact, 0) + sign
    return {fact: count for fact, count in found.items() if count}


def balance(said: list[Signed]) -> dict[tuple[str, str], int]:
    """Entries less exits by journey and stage; what is zero is left out."""
    found: dict[tuple[str, str], int] = {}
    for sign, fact in said:
        if fact.kind in ("enter", "move"):
            found[fact.journey, fact.target] = found.get((fact.journey, fact.target), 0) + sign
        if fact.kind in ("move", "drop", "end", "merged"):
            found[fact.journey, fact.origin] = found.get((fact.journey, fact.origin), 0) - sign
    return {place: count for place, count in found.items() if count}


def present(instances: list[Instance]) -> dict[tuple[str, str], int]:
    return {(i.journey, i.stage): 1 for i in instances if i.stage}
