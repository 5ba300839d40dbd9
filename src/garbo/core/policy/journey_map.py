"""The map with the indices that placement uses. It is made once, when the policy is compiled.

Rules
 1. The journal of a row holds the words of the map as numbers (`Words`). `digest` says of which map they are: a row
    with the journal of another map settles it first.
 2. A move from "*" stands for one from each stage, and from before the first.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

from msgspec import Struct, json
from msgspec.structs import replace

from garbo.core.policy.journey import ANYWHERE, EVERYONE, REST, Journey, TouchpointKind
from garbo.core.policy.vocabulary import REFUSING, Meaning, Vocabulary

CODES: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
"""The code of a stage in a trail, by its place among the journey's stages."""

HELD, ANSWERED, PATIENCE, CHANGED = "!held", "!answered", "!patience", "!changed"
"""Kinds of happening that are the engine's own: a decision was held back, an action advanced a stage, time is up, an
attribute or a consent changed and some exit condition holds."""

OWN: Final = (HELD, ANSWERED, PATIENCE, CHANGED)

JOURNEYS: Final = 16
"""At most so many journeys in a map: the journal holds a bit of each."""

SEGMENTS: Final = 12
"""At most so many segments, without the one for everyone else."""


class Words(Struct, frozen=True):
    """Words of the map <-> their numbers in a journal."""

    names: tuple[str, ...]
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Words":
        """The words `names`, sorted; "" is 0."""
        ordered = ("", *sorted(set(names) - {""}))
        return cls(ordered, {name: number for number, name in enumerate(ordered)})


class Course(Struct, frozen=True):
    """One journey, indexed.

    number: among the journeys. patience: of each stage (ms), 0 for no limit. rank: place on the ideal path. ends: the
    goal among them. moves: (origin, kind) -> (theme or "", target), in order. foreseen: (stage, kind) -> channels, none
    for any. advance: stage -> the actions that lead on.
    """

    name: str
    number: int
    stages: tuple[str, ...]
    code: Mapping[str, str]
    patience: Mapping[str, int]
    rank: Mapping[str, int]
    ideal: tuple[str, ...]
    optional: frozenset[str]
    goal: str
    ends: frozenset[str]
    reentry: int
    moves: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    foreseen: Mapping[tuple[str, str], tuple[str, ...]]
    advance: Mapping[str, tuple[str, ...]]


class JourneyMap(Struct, frozen=True):
    """All journeys of a policy, indexed.

    of_theme: theme -> its journey. rest: the journey of every other theme. moving: kinds that are in some move or
    foreseen. quiet: statuses and our own contacts, which are never off the map. failed: statuses of what never arrived.
    refusing: statuses with which the person says no. conditional: some journey or segment
    has a rule. exiting: some journey has an exit condition.
    """

    courses: tuple[Course, ...] = ()
    by_name: Mapping[str, Course] = {}
    of_theme: Mapping[str, Course] = {}
    rest: Course | None = None
    moving: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    refusing: frozenset[str] = frozenset()
    conditional: bool = False
    exiting: bool = False
    kinds: Words = Words.of(())
    themes: Words = Words.of(())
    channels: Words = Words.of(())
    segments: tuple[str, ...] = (EVERYONE,)
    digest: int = 0

    def course(self, theme: str) -> Course | None:
        """The journey that `theme` belongs to; of no theme, none."""
        return (self.of_theme.get(theme) or self.rest) if theme else None


def journey_map(
    journeys: Mapping[str, Journey],
    segments: Iterable[str],
    touchpoints: Mapping[str, TouchpointKind],
    themes: Iterable[str],
    words: Vocabulary,
    *,
    conditional: bool = False,
) -> JourneyMap:
    """The map of a policy. conditional: some segment has a rule."""
    courses = tuple(_course(number, journey) for number, journey in enumerate(journeys.values()))
    by_name = {course.name: course for course in courses}
    rest = next((by_name[j.name] for j in journeys.values() if REST in j.themes), None)
    kinds = Words.of([*touchpoints, *words.statuses, *OWN])
    found = JourneyMap(
        courses=courses,
        by_name=by_name,
        of_theme={theme: by_name[j.name] for j in journeys.values() for theme in j.themes if theme != REST},
        rest=rest,
        moving=frozenset(kind for course in courses for _, kind in (*course.moves, *course.foreseen)),
        quiet=frozenset(words.statuses).union(k.name for k in touchpoints.values() if k.direction == "outbound"),
        failed=frozenset(s for s, meaning in words.statuses.items() if meaning is Meaning.FAILED),
        refusing=frozenset(s for s, meaning in words.statuses.items() if meaning in REFUSING),
        exiting=any(j.exit for j in journeys.values()),
        conditional=conditional or any(j.enter or j.exit or j.lifecycle for j in journeys.values()),
        kinds=kinds,
        themes=Words.of([REST, *themes, *journeys]),
        channels=Words.of(words.channels),
        segments=(*segments, EVERYONE),
    )
    return found if not courses else _with_digest(found)


def _with_digest(found: JourneyMap) -> JourneyMap:
    plain = [
        [[c.name, c.stages, sorted(c.patience.items()), sorted(c.rank.items()), sorted(c.optional), c.goal,
          sorted(c.ends), c.reentry, sorted(c.moves.items()), sorted(c.foreseen.items()), sorted(c.advance.items())]
         for c in found.courses],
        sorted((theme, course.name) for theme, course in found.of_theme.items()),
        found.rest.name if found.rest is not None else "",
        found.kinds.names, found.themes.names, found.channels.names, found.segments,
        sorted(found.quiet), sorted(found.failed), sorted(found.refusing),
    ]  # fmt: skip
    digest = int.from_bytes(blake2b(json.encode(plain), digest_size=4).digest(), "big")
    return replace(found, digest=digest)


def _course(number: int, journey: Journey) -> Course:
    moves: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for move in journey.moves:
        for origin in ("", *journey.stages) if move.origin == ANYWHERE else (move.origin,):
            if origin != move.target:
                moves.setdefault((origin, move.trigger), []).append((move.theme, move.target))
    stages, goal = journey.stages, journey.goal
    return Course(
        name=journey.name,
        number=number,
        stages=tuple(stages),
        code=dict(zip(stages, CODES, strict=False)),
        patience={name: stage.patience for name, stage in stages.items()},
        rank={name: place for place, name in enumerate(journey.ideal)},
        ideal=journey.ideal,
        optional=frozenset(name for name, stage in stages.items() if stage.optional),
        goal=goal.stage if goal is not None else "",
        ends=frozenset({*journey.ends, *([goal.stage] if goal is not None else [])}),
        reentry=journey.reentry,
        moves={key: tuple(found) for key, found in moves.items()},
        foreseen={
            (name, kind): channels for name, stage in stages.items() for kind, channels in stage.touchpoints.items()
        },
        advance={name: stage.advance for name, stage in stages.items() if stage.advance},
    )
