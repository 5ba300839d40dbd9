"""Where a party stands on the map: one step of the fold. Happening in, facts out; the instances change in place.

Rules
 1. The outcome depends on the happenings and the map alone: a late one is folded again in its place (`journal`).
 2. Before anything else, patience: an instance untouched for longer has left at `touched` + patience, whatever comes
    now. From the goal, and from the other ends, it leaves with `end`; from any other stage with `drop`.
 3. A happening belongs to the journey of its theme. Without a theme, it belongs to the open journey touched last in
    which it means a move, else to the one in which it is foreseen, else to the journey of the rest if it means a move
    there; else it says nothing.
 4. Of the moves for it, the first that fits counts. Without a move it is a touch in the stage, foreseen or off the map.
"""

from garbo.core.journeys.instance import OPEN, TRAIL, Fact, Happening, Instance, latest
from garbo.core.policy.journey_map import ANSWERED, HELD, PATIENCE, Course, JourneyMap
from garbo.core.vocabulary.effects import FlowKind

NEGATIVE = "negative"
"""The obstacle of a visit in which the person said no."""


def step(map_: JourneyMap, instances: list[Instance], happened: Happening, out: list[Fact]) -> None:
    """Fold `happened` into `instances`, in place, and append what it says to `out`."""
    _expire(map_, instances, happened.at, out)
    if happened.kind == PATIENCE:
        return
    if happened.exits:
        _leave_by_condition(map_, instances, happened, out)
    if happened.kind in (HELD, ANSWERED):
        _note(map_, instances, happened)
        return
    course = map_.course(happened.theme) if happened.theme else _course_of(map_, instances, happened)
    if course is None:
        return
    held = next((i for i in instances if i.journey == course.name), None)
    here = held if held is not None and held.stage else None
    target = _target(course, here.stage if here is not None else "", happened)
    if here is None and (held is not None or not happened.enters):
        target = ""
    if not target:
        _touch(map_, course, here, happened, out)
    else:
        _move(map_, course, instances, here, target, happened, out)


def due(map_: JourneyMap, instances: list[Instance]) -> int:
    """When the patience of some instance ends (ms), if nothing comes; 0 for never."""
    found = [i.touched + spent for i in instances if i.stage and (spent := _patience(map_, i))]
    return min(found, default=0)


def kept(map_: JourneyMap, instances: list[Instance], at: int) -> tuple[list[Instance], list[Fact]]:
    """The instances that another map still has, and the facts of those that it has no more, which end at `at` (ms)."""
    there, gone = [], []
    for instance in instances:
        course = map_.by_name.get(instance.journey)
        if course is not None and (not instance.stage or instance.stage in course.code):
            there.append(instance)
        elif instance.stage:
            gone.append(left(instance, FlowKind.END, max(at, instance.since), "policy"))
    return there, gone


def left(instance: Instance, kind: FlowKind, at: int, trigger: str, target: str = "", to_channel: str = "") -> Fact:
    """The fact that `instance` left its stage at `at` (ms)."""
    return Fact(
        at, kind, instance.journey, instance.stage, target, trigger, max(at - instance.since, 0), instance.channel,
        to_channel, instance.segment, instance.obstacle, instance.answered,
    )  # fmt: skip


# ---- rules 2 to 4 ----------------------------------------------------------------------------------------------------


def _patience(map_: JourneyMap, instance: Instance) -> int:
    course = map_.by_name.get(instance.journey)
    return course.patience.get(instance.stage, 0) if course is not None else 0


def _expire(map_: JourneyMap, instances: list[Instance], at: int, out: list[Fact]) -> None:
    gone: list[tuple[int, Instance]] = []
    for instance in instances:
        if not instance.stage:
            if at >= instance.since + map_.by_name[instance.journey].reentry:
                gone.append((0, instance))
        elif (patience := _patience(map_, instance)) and at >= instance.touched + patience:
            gone.append((instance.touched + patience, instance))
    for when, instance in sorted(gone, key=lambda found: (found[0], found[1].journey)) if gone else ():
        instances.remove(instance)
        if not instance.stage:
            continue
        ended = instance.stage in map_.by_name[instance.journey].ends
        out.append(left(instance, FlowKind.END if ended else FlowKind.DROP, when, "patience"))
        if ended:
            _bar(map_, instances, instance, when, at)


def _bar(map_: JourneyMap, instances: list[Instance], ended: Instance, when: int, at: int) -> None:
    """Remember an end for as long as the journey may not start again."""
    if at < when + map_.by_name[ended.journey].reentry:
        instances.append(Instance(ended.journey, "", when, when))


def _leave_by_condition(map_: JourneyMap, instances: list[Instance], happened: Happening, out: list[Fact]) -> None:
    for instance in [i for i in instances if i.stage and happened.exits >> map_.by_name[i.journey].number & 1]:
        instances.remove(instance)
        out.append(left(instance, FlowKind.END, happened.at, happened.kind))
        _bar(map_, instances, instance, happened.at, happened.at)


def _note(map_: JourneyMap, instances: list[Instance], happened: Happening) -> None:
    """What a decision said of the actions that advance the stage."""
    instance = next((i for i in instances if i.journey == happened.theme and i.stage), None)
    advance = map_.by_name[instance.journey].advance.get(instance.stage) if instance is not None else None
    if instance is None or advance is None:
        return
    if happened.kind == HELD:
        instance.obstacle = instance.obstacle or happened.detail
    elif happened.detail in advance and instance.answered < 0:
        instance.answered = happened.at - instance.since


def _course_of(map_: JourneyMap, instances: list[Instance], happened: Happening) -> Course | None:
    opened = [(i, map_.by_name[i.journey]) for i in instances if i.stage]
    found = latest([i for i, course in opened if _target(course, i.stage, happened)])
    found = found or latest([i for i, course in opened if (i.stage, happened.kind) in course.foreseen])
    if found is not None:
        return map_.by_name[found.journey]
    rest = map_.rest
    inside = rest is not None and any(i.journey == rest.name for i, _ in opened)
    return rest if rest is not None and not inside and _target(rest, "", happened) else None


def _target(course: Course, origin: str, happened: Happening) -> str:
    for theme, target in course.moves.get((origin, happened.kind), ()):
        if theme in ("", happened.theme):
            return target
    return ""


def _touch(map_: JourneyMap, course: Course, here: Instance | None, happened: Happening, out: list[Fact]) -> None:
    at, kind, channel = happened.at, happened.kind, happened.channel
    if kind in map_.failed:
        return
    if here is None:
        if kind not in map_.quiet:
            out.append(Fact(at, FlowKind.OFF_MAP, course.name, "", "", kind, 0, channel, "", happened.segment))
        return
    _refused(map_, here, happened)
    channels = course.foreseen.get((here.stage, kind))
    foreseen = kind in map_.quiet or (channels is not None and (not channels or channel in channels))
    found = FlowKind.STAY if foreseen else FlowKind.OFF_MAP
    out.append(Fact(at, found, course.name, here.stage, "", kind, 0, here.channel, "", here.segment))
    here.touched = max(here.touched, at)


def _move(
    map_: JourneyMap, course: Course, instances: list[Instance], here: Instance | None, target: str,
    happened: Happening, out: list[Fact],
) -> None:  # fmt: skip
    at, kind, channel = happened.at, happened.kind, happened.channel
    origin, began, obstacle = "", at, ""
    if here is not None:
        _refused(map_, here, happened)
        out.append(left(here, FlowKind.MOVE, at, kind, target, channel))
        origin, began, segment, trail, obstacle = here.stage, here.began, here.segment, here.trail, here.obstacle
        instances.remove(here)
    else:
        segment, trail = happened.segment, ""
        _make_room(instances, at, out)
        out.append(Fact(at, FlowKind.ENTER, course.name, "", target, kind, 0, channel, "", segment))
    code = course.code[target]
    if code in trail:
        out.append(Fact(at, FlowKind.RETURN, course.name, origin, target, kind, 0, channel, "", segment))
    first, last = course.rank.get(origin, -1) + 1, course.rank.get(target, 0)
    out += [
        Fact(at, FlowKind.SKIP, course.name, origin, passed, kind, 0, channel, "", segment, obstacle)
        for passed in course.ideal[first:last]
        if passed not in course.optional and course.code[passed] not in trail
    ]
    if target == course.goal:
        out.append(Fact(at, FlowKind.GOAL, course.name, origin, target, kind, at - began, channel, "", segment))
    instances.append(Instance(course.name, target, at, at, channel, segment, (trail + code)[-TRAIL:], began=began))


def _refused(map_: JourneyMap, here: Instance, happened: Happening) -> None:
    if happened.kind in map_.refusing and not here.obstacle:
        here.obstacle = f"{NEGATIVE}:{happened.channel}" if happened.channel else NEGATIVE


def _make_room(instances: list[Instance], at: int, out: list[Fact]) -> None:
    opened = [i for i in instances if i.stage]
    if len(opened) >= OPEN:
        oldest = min(opened, key=lambda i: (i.touched, i.since, i.journey))
        instances.remove(oldest)
        out.append(left(oldest, FlowKind.END, at, "crowded"))
