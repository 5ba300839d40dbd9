"""The latest happenings of a party, packed, so that a late one can be folded again in its place.

Rules
 1. In order, a happening is folded into `now` at once and packed at the end: the journal is not read.
 2. A late one goes to its place, and the journal is folded again from `base`, where the journeys stood before it. Facts
    that no longer hold are taken back (-1), new ones are added (+1).
 3. `base` stands at `settled`: what is older is `too_late`, and changes nothing. The journal keeps JOURNAL happenings,
    and none that is older than LATENESS before the newest.
 4. Two rows of one person merge in the same way. A journey that both had open before the reach of their journals goes
    on once: the other leaves with `merged`.
 5. The words are numbers of one map. A row with the journal of another map settles it as it stands.

Layout: the digest of the map (4 bytes), the number of happenings (1 byte), then the happenings, oldest first: of each
its detail (UTF-8), then a fixed tail.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from struct import Struct as Layout
from typing import Final, NamedTuple

from msgspec import MsgspecError, Struct, field, msgpack

from garbo.core.journeys.instance import OPEN, Fact, Happening, Instance
from garbo.core.journeys.placement import kept, left, step
from garbo.core.policy.journey_map import JourneyMap
from garbo.core.vocabulary.effects import FlowKind
from garbo.core.vocabulary.instants import HOUR

JOURNAL: Final = 10
LATENESS: Final = 24 * HOUR
DETAIL: Final = 80
"""Bytes of a happening's detail (UTF-8): an obstacle, or an action's name."""

_HEAD: Final = Layout("<IB")
# at, tie, kind, theme, channel, segment * 2 + enters, exits, bytes of the detail
_TAIL: Final = Layout("<QIHHBBHB")

_pack: Final = msgpack.Encoder().encode
_unpack: Final = msgpack.Decoder(list[Instance]).decode


class Placed(Struct):
    """Where a party stands: `now`, and what a late happening needs (rules 2 and 3). settled: an instant (ms)."""

    now: list[Instance] = field(default_factory=list)
    base: bytes = b""
    journal: bytes = b""
    settled: int = 0


class Signed(NamedTuple):
    """A fact that holds (sign 1), or one that is taken back (-1)."""

    sign: int
    fact: Fact


def place(map_: JourneyMap, placed: Placed, happened: Happening) -> list[Signed]:
    """Fold `happened` into `placed`, which is changed."""
    out, journal = _same_map(map_, placed, happened.at), placed.journal
    if len(happened.detail) * 4 > DETAIL:
        happened = happened._replace(detail=happened.detail.encode()[:DETAIL].decode("utf-8", "ignore"))
    count = journal[_HEAD.size - 1]
    if count:
        last = _TAIL.unpack_from(journal, len(journal) - _TAIL.size)
        if (happened.at, happened.tie) <= (last[0], last[1]):
            return out + _late(map_, placed, happened)
        if happened.at - LATENESS > last[0]:  # all of it is settled: today's state is the base
            count = 0
            placed.base, placed.settled, journal = _base(placed.now), last[0], _HEAD.pack(map_.digest, 0)
    elif happened.at <= placed.settled:
        return [*out, _too_late(map_, happened)]
    facts: list[Fact] = []
    step(map_, placed.now, happened, facts)
    placed.journal = b"".join((_HEAD.pack(map_.digest, count + 1), journal[_HEAD.size :], _packed(map_, happened)))
    if count >= JOURNAL:
        _shorten(map_, placed)
    out += [Signed(1, fact) for fact in facts]
    return out


def merge(map_: JourneyMap, placed: Placed, other: Placed, at: int) -> list[Signed]:
    """Fold the journeys of `other`, the same person's, into `placed`. at: the instant of the merge (ms)."""
    out = _same_map(map_, placed, at) + _same_map(map_, other, at)
    settled = max(placed.settled, other.settled)
    before: list[Fact] = []
    base: list[Instance] = []
    later: list[Happening] = []
    for one in (placed, other):
        state, happenings = _opened(one), happenings_of(map_, one)
        for happened in (h for h in happenings if h.at <= settled):
            step(map_, state, happened, [])
        base += _copies(state)
        rest = [h for h in happenings if h.at > settled]
        later += rest
        for happened in rest:
            step(map_, state, happened, before)
    after: list[Fact] = []
    one_each = _one_each(base, after)
    placed.settled, placed.base = settled, _pack(one_each) if one_each else b""
    later.sort()
    for happened in later:
        step(map_, one_each, happened, after)
    placed.now, placed.journal = one_each, _joined(map_, later)
    _shorten(map_, placed)
    return out + _corrections(before, after)


def happenings_of(map_: JourneyMap, placed: Placed) -> list[Happening]:
    """The journal, oldest first. It must be of this map."""
    found, journal, end = [], placed.journal, len(placed.journal)
    while end > _HEAD.size:
        at, tie, kind, theme, channel, segment, exits, size = _TAIL.unpack_from(journal, end - _TAIL.size)
        end -= _TAIL.size + size
        found.append(
            Happening(
                at, tie, map_.kinds.names[kind], map_.themes.names[theme], map_.channels.names[channel],
                map_.segments[segment >> 1], bool(segment & 1), exits, journal[end : end + size].decode(),
            )
        )  # fmt: skip
    found.reverse()
    return found


def sound(base: bytes, journal: bytes) -> bool:
    """Can the two be unpacked? Their words may still be those of another map."""
    try:
        _unpack(base) if base else []
    except MsgspecError:
        return False
    if not journal:
        return True
    count, end = journal[_HEAD.size - 1] if len(journal) >= _HEAD.size else -1, len(journal)
    while count > 0 and end >= _HEAD.size + _TAIL.size:
        end -= _TAIL.size + journal[end - 1]
        count -= 1
    return count == 0 and end == _HEAD.size


# ---- inside ----------------------------------------------------------------------------------------------------------


def _late(map_: JourneyMap, placed: Placed, happened: Happening) -> list[Signed]:
    if happened.at <= placed.settled:
        return [_too_late(map_, happened)]
    happenings = happenings_of(map_, placed)
    before: list[Fact] = []
    after: list[Fact] = []
    old, new = _opened(placed), _opened(placed)
    for one in happenings:
        step(map_, old, one, before)
    happenings = sorted([*happenings, happened])
    for one in happenings:
        step(map_, new, one, after)
    placed.now, placed.journal = new, _joined(map_, happenings)
    _shorten(map_, placed)
    return _corrections(before, after)


def _corrections(before: Iterable[Fact], after: Iterable[Fact]) -> list[Signed]:
    was, now = Counter(before), Counter(after)
    gone, new = was - now, now - was
    return [Signed(-1, fact) for fact in gone.elements()] + [Signed(1, fact) for fact in new.elements()]


def _too_late(map_: JourneyMap, happened: Happening) -> Signed:
    course = map_.course(happened.theme)
    journey = happened.theme if happened.theme in map_.by_name else course.name if course is not None else ""
    return Signed(
        1,
        Fact(happened.at, FlowKind.TOO_LATE, journey, "", "", happened.kind, 0, happened.channel, "", happened.segment),
    )


def _same_map(map_: JourneyMap, placed: Placed, at: int) -> list[Signed]:
    """Settle the journal of another map (rule 5)."""
    journal, size = placed.journal, len(placed.journal)
    digest, count = _HEAD.unpack_from(journal) if journal else (-1, 0)
    if digest == map_.digest:
        return []
    last = _TAIL.unpack_from(journal, size - _TAIL.size)[0] if count else placed.settled
    placed.now, facts = kept(map_, placed.now, at)
    placed.base, placed.settled, placed.journal = _base(placed.now), last, _HEAD.pack(map_.digest, 0)
    return [Signed(1, fact) for fact in facts]


def _shorten(map_: JourneyMap, placed: Placed) -> None:
    """Settle the older part of a journal that is too long: half of JOURNAL stays."""
    happenings = happenings_of(map_, placed)
    if len(happenings) <= JOURNAL:
        return
    stays = len(happenings) - JOURNAL // 2
    base = _opened(placed)
    for one in happenings[:stays]:
        step(map_, base, one, [])
    placed.base, placed.settled = _base(base), happenings[stays - 1].at
    # Of one millisecond, some are settled and some are not: none that comes now can be put between them.
    placed.journal = _joined(map_, happenings[stays:])


def _one_each(base: list[Instance], out: list[Fact]) -> list[Instance]:
    """Of each journey the instance touched last, and at most OPEN of them: the others leave with `merged`."""
    found: dict[str, Instance] = {}
    for instance in sorted(base, key=lambda i: (bool(i.stage), i.touched, i.since), reverse=True):
        if instance.journey not in found and sum(bool(i.stage) for i in found.values()) < OPEN:
            found[instance.journey] = instance
        elif instance.stage:
            out.append(left(instance, FlowKind.MERGED, max(instance.touched, instance.since), "identity"))
    return list(found.values())


def _copies(instances: list[Instance]) -> list[Instance]:
    return _unpack(_pack(instances))


def _opened(placed: Placed) -> list[Instance]:
    return _unpack(placed.base) if placed.base else []


def _base(instances: list[Instance]) -> bytes:
    return _pack(instances) if instances else b""


def _joined(map_: JourneyMap, happenings: Sequence[Happening]) -> bytes:
    return b"".join([_HEAD.pack(map_.digest, len(happenings)), *(_packed(map_, one) for one in happenings)])


def _packed(map_: JourneyMap, one: Happening) -> bytes:
    detail = one.detail.encode()
    segment = map_.segments.index(one.segment) if one.segment in map_.segments else len(map_.segments) - 1
    return detail + _TAIL.pack(
        one.at, one.tie, map_.kinds.numbers[one.kind], map_.themes.numbers[one.theme],
        map_.channels.numbers[one.channel], segment * 2 + one.enters, one.exits, len(detail),
    )  # fmt: skip
