"""Facts of a party on its map that move nothing: what it answered, what contacted it, how its needs ended.

They stand at the stage of the journey of their theme, as it was when they happened. No late event corrects them.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from garbo.core.party import worth
from garbo.core.party.placement import JOURNEY
from garbo.core.party.state import Party, Pending
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary.effects import Deliver, Flow, FlowKind, NeedClosed
from garbo.core.vocabulary.reasons import ANSWERED_LATE, NeedEnd

POSITIVE, NEUTRAL, NEGATIVE = "positive", "neutral", "negative"

QUALITY: Final = {
    Meaning.SEEN: NEUTRAL,
    Meaning.INTERESTED: POSITIVE,
    Meaning.POSITIVE: POSITIVE,
    Meaning.NEGATIVE: NEGATIVE,
    Meaning.IGNORED: NEUTRAL,
    Meaning.SUPPRESSING: NEGATIVE,
    Meaning.OBJECTING: NEGATIVE,
}
"""Of the statuses that are a response; that a contact arrived, or did not, is none."""

TONES: Final = {"negative": NEGATIVE, "complaint": NEGATIVE, "praise": POSITIVE}


class OpenNeed(NamedTuple):
    """An open need before the event. late: when an answer is late (ms)."""

    kind: str
    theme: str
    channel: str
    opened_at: int
    late: int


def open_needs(party: Party, compiled: CompiledPolicy) -> list[OpenNeed]:
    """The open needs of the row, to be compared with their ends."""
    found = []
    for need in party.needs:
        kind = compiled.policy.needs.get(need.kind)
        # A promise sets its own time. Otherwise what the customer was owed counts, not how often it was tried.
        late = need.deadline if need.promised or kind is None else need.opened_at + kind.answer_within
        found.append(OpenNeed(need.kind, need.theme, need.channel, need.opened_at, late))
    return found


def reported(
    party: Party, compiled: CompiledPolicy, at: int, status: str, theme: str, channel: str, action: str, delivers: int
) -> list[Flow]:
    """What the status of an outcome says of the person's answer. channel: of the contact. delivers: see `worth`."""
    meaning = compiled.policy.vocabulary.meaning(status)
    quality = QUALITY.get(meaning, "")
    if not (quality or delivers) or not compiled.map.courses:
        return []
    implicit = meaning is Meaning.IGNORED
    fact = _fact(
        party, compiled, at, FlowKind.RESPONSE, status, theme, channel, action, quality, implicit=implicit,
        value_customer=delivers,
    )  # fmt: skip
    return [fact]


def said(party: Party, compiled: CompiledPolicy, at: int, kind: str, tone: str, theme: str, channel: str) -> list[Flow]:
    """What the tone of a touchpoint says."""
    quality = TONES.get(tone)
    if quality is None or not compiled.map.courses:
        return []
    return [_fact(party, compiled, at, FlowKind.RESPONSE, kind, theme, channel, "", quality)]


def ignored(party: Party, compiled: CompiledPolicy, found: Iterable[tuple[Pending, int]]) -> list[Flow]:
    """The contacts that nobody answered, each with the instant at which its time was over (ms)."""
    if not compiled.map.courses:
        return []
    return [
        _fact(
            party, compiled, at, FlowKind.RESPONSE, "ignored", p.theme, p.channel, p.action, NEUTRAL, implicit=True
        )
        for p, at in found
    ]  # fmt: skip


def contacted(
    party: Party, compiled: CompiledPolicy, command: Deliver, theme: str, at: int, value: float
) -> list[Flow]:
    """A contact with the person was made. theme: what it is about. value: of its action to the customer (euro)."""
    if command.inbound or not compiled.map.courses:
        return []
    trigger, channel = command.action_class, command.channel
    delivers = worth.thousandths(value) if worth.at_once(trigger) else 0
    return [
        _fact(party, compiled, at, FlowKind.CONTACT, trigger, theme, channel, command.action, value_customer=delivers)
    ]


def closed(
    party: Party, compiled: CompiledPolicy, ends: Iterable[NeedClosed], before: Iterable[OpenNeed], at: int
) -> list[Flow]:
    """How needs ended at `at` (ms). before: those that were open. A promise is no end."""
    if not compiled.map.courses:
        return []
    found, waiting = [], list(before)
    for end in ends:
        if end.end is NeedEnd.PROMISED:
            continue
        need = next((n for n in waiting if (n.kind, n.theme) == (end.kind, end.theme)), None)
        if need is None:
            need = OpenNeed(end.kind, end.theme, "", at, at)
        else:
            waiting.remove(need)
        how = ANSWERED_LATE if end.end is NeedEnd.ANSWERED and at > need.late else end.end.value
        fact = _fact(
            party, compiled, at, FlowKind.NEED, end.kind, end.theme, need.channel, "", obstacle=how,
            answered_ms=max(at - need.opened_at, 0),
        )  # fmt: skip
        found.append(fact)
    return found


def _fact(
    party: Party, compiled: CompiledPolicy, at: int, kind: FlowKind, trigger: str, theme: str, channel: str,
    action: str, quality: str = "", *, implicit: bool = False, obstacle: str = "", answered_ms: int = -1,
    value_customer: int = 0,
) -> Flow:  # fmt: skip
    course = compiled.map.course(theme)
    here = next((i for i in party.journeys if course is not None and i.journey == course.name and i.stage), None)
    return Flow(
        party.id, at, JOURNEY, here.stage if here is not None else "", "", trigger, 0, kind,
        course.name if course is not None else "", 1, channel, "", here.segment if here is not None else "", obstacle,
        answered_ms, quality, implicit, action, value_customer,
    )  # fmt: skip
