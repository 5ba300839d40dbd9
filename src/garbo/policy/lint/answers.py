"""Checks of needs.yaml: what opens and ends a need, who answers it, and that the answer can go where it was asked."""

from garbo.core.policy.reading import PRAISE
from garbo.policy.build.files import Files
from garbo.policy.names import NEEDS, Names, check_names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.documents import NeedPart


def lint(files: Files, names: Names) -> Findings:
    opened: dict[str, str] = {}
    meant: dict[str, str] = {}
    called_back = {need for a in files.actions.actions.values() for t in a.when if t.on == "overdue" for need in t.name}
    for name, need in files.needs.needs.items():
        path = ("needs", name)
        yield from texts(NEEDS, (*path, "label"), need.label, names.languages)
        yield from check_names(NEEDS, (*path, "opened_by"), "touchpoint", need.opened_by, names.kinds)
        yield from check_names(
            NEEDS, (*path, "resolved_by"), "touchpoint or status", need.resolved_by, names.happenings
        )
        yield from check_names(NEEDS, (*path, "answered_elsewhere"), "channel", need.answered_elsewhere, names.channels)
        yield from check_names(NEEDS, (*path, "intents"), "intent", need.intents, names.intents)
        for index, intent in enumerate(need.intents):
            place = (*path, "intents", index)
            if intent in meant:
                message = f"'{intent}' already opens the need '{meant[intent]}': remove it from one of the two needs"
                yield Finding(NEEDS, place, message)
            meant.setdefault(intent, name)
            if intent == PRAISE:
                yield Finding(NEEDS, place, "praise waits for no answer: remove it")
        if not need.opened_by and not need.intents:
            message = f"{name}: nothing opens it: add touchpoints to opened_by, or intents"
            yield Finding(NEEDS, path, message)
        for index, kind in enumerate(need.opened_by):
            place = (*path, "opened_by", index)
            if kind in opened:
                message = f"'{kind}' already opens the need '{opened[kind]}': remove it from one of the two needs"
                yield Finding(NEEDS, place, message)
            opened.setdefault(kind, name)
            yield from _opens(place, kind, files)
        if need.gather >= need.answer_within:
            message = f"{name}: gathers signals past the deadline of its answer: make gather shorter than answer_within"
            yield Finding(NEEDS, (*path, "gather"), message)
        if name not in called_back:
            message = f"{name}: no action has the entry overdue for it: add one, or a customer may get no answer"
            yield Finding(NEEDS, path, message, absence=True)
        yield from _where_asked(path, name, need, files, names)


def _opens(path: Path, kind: str, files: Files) -> Findings:
    """May this kind of touchpoint open a need?"""
    touchpoint = files.journey.touchpoints.get(kind)
    if touchpoint is None:
        return
    if touchpoint.direction == "outbound":
        message = f"'{kind}' is the company's own contact, so it opens no need: remove it"
        yield Finding(NEEDS, path, message)
    if touchpoint.asks:
        message = f"'{kind}' asks what to show, and is answered at once: it opens no need, remove it"
        yield Finding(NEEDS, path, message)
    if touchpoint.tone == "praise":
        message = f"'{kind}' is praise, and waits for no answer: remove it, or its tone"
        yield Finding(NEEDS, path, message)


def _where_asked(path: Path, name: str, need: NeedPart, files: Files, names: Names) -> Findings:
    """Can the answer go where the question came from? Only channels count on which the company writes at all."""
    actions = files.actions.actions.values()
    writes = {way.channel for a in actions if not a.internal for way in a.ways if not way.inbound}
    answered = {
        way.channel
        for a in actions
        if name in a.answers and any(entry.on != "overdue" for entry in a.when)
        for way in a.ways
        if not way.inbound
    }
    kinds = [files.journey.touchpoints[kind] for kind in need.opened_by if kind in files.journey.touchpoints]
    silent = {c for kind in kinds for c in kind.channels if c in writes - answered}
    if missing := sorted(silent.difference(need.answered_elsewhere)):
        message = (
            f"{name}: may be asked on {', '.join(missing)}, and no action answers it there: add a treatment to an "
            "action that answers it, or name the channel under answered_elsewhere"
        )
        yield Finding(NEEDS, (*path, "opened_by"), message, False, True)
    for index, channel in enumerate(need.answered_elsewhere):
        if channel in names.channels and channel not in silent:
            message = f"{name}: '{channel}' needs no exception: it is answered there, or not asked: remove it"
            yield Finding(NEEDS, (*path, "answered_elsewhere", index), message, False, True)
