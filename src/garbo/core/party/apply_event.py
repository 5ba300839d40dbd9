"""One event is applied to one row. What the decision has to look at comes back as an `EventEffect`.

Rules
 1. `apply_event` mutates the row it is given: `core.decide` owns a fresh one, nobody else sees it.
 2. Late events count at their own time (ledger, touches, interests); the party's time never goes back.
 3. Free text is read and dropped; undeclared attributes are dropped.
"""

from garbo.core.party import (
    attribution,
    behaviour,
    clock,
    consent,
    corrections,
    counters,
    floor,
    household,
    labels,
    limits,
    merge,
    needs,
    objections,
    placement,
    pressure,
    suppressions,
    worth,
)
from garbo.core.party.another_way import another_way, has_another_way
from garbo.core.party.answers import answers
from garbo.core.party.event_effect import EventEffect, Planned
from garbo.core.party.limits import text
from garbo.core.party.plans import release, unneeded
from garbo.core.party.state import Contact, Member, Party, Touch, decode
from garbo.core.party.theme_detection import reading_of
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.lookups import touch_key
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import COMPLAINT, NO_TEXT_MODELS, PRAISE, STOP, Reading, TextModels
from garbo.core.policy.vocabulary import DISCOURAGING, REACTED, REFUSING, Meaning
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    Direction,
    HouseholdJoined,
    Identifier,
    MemberUpdate,
    PartyEvent,
    ProfileUpdate,
    RowMoved,
    TimerFired,
    Touchpoint,
    Value,
)
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import NeedEnd, Reason


def apply_event(
    party: Party, event: PartyEvent, compiled: CompiledPolicy, at: int, models: TextModels = NO_TEXT_MODELS
) -> EventEffect:
    """Apply `event` to the row `party`. at: the party's time (ms); the event's own may be earlier. models: of texts."""
    body, policy = event.body, compiled.policy
    effect = EventEffect()
    if isinstance(body, Touchpoint):
        _touchpoint(party, event, body, compiled, at, effect, models)
    elif isinstance(body, ActionOutcome):
        _outcome(party, event, body, compiled, at, effect)
    elif isinstance(body, ConsentChange):
        effect.kind, effect.detail = body.consent, "granted" if body.granted else "withdrawn"
        _identify(party, body.identifiers)
        if body.granted:
            objections.invites(party, body.consent, body.channel or "", event.at, compiled)
        if consent.change(party, body.consent, body.granted, event.at, event.sequence):
            effect.effects += household.tell_consents(party, [m.party for m in party.members], event.event_id, at)
            if body.granted:
                effect.triggers.append(("consent", body.consent))
        else:
            effect.detail = "outdated"
    elif isinstance(body, ProfileUpdate):
        _profile(party, event, body, policy, at, effect)
    elif isinstance(body, TimerFired):
        _timer(party, body, compiled, at, effect)
    elif isinstance(body, HouseholdJoined):
        party.household = party.household or text(body.household)
        if body.member != party.id:
            household.joined(party, Member(text(body.member), text(body.name), text(body.role)))
            effect.effects += household.tell_consents(party, [body.member], event.event_id, at)
    elif isinstance(body, MemberUpdate):
        household.news(party, body)
    elif isinstance(body, RowMoved):
        loser = decode(body.row)
        effect.effects += placement.merge(party, loser, compiled.map, at)
        effect.closed += merge.merge(party, loser, policy)
        effect.effects += labels.bound(party, policy)
        effect.cancelled += objections.drop_plans(party, policy)
        effect.effects += household.tell_consents(party, [m.party for m in party.members], event.event_id, at)
    counters.prune(party, compiled.counters, at)
    behaviour.forget(party)
    if effect.due_needs:
        effect.point = Point.NEED
    return effect


def _touchpoint(
    party: Party, event: PartyEvent, body: Touchpoint, compiled: CompiledPolicy, at: int, effect: EventEffect,
    models: TextModels,
) -> None:  # fmt: skip
    policy = compiled.policy
    known = policy.touchpoints.get(body.kind)
    if known is not None and known.corrects:
        effect.kind, effect.channel = body.kind, body.channel
        effect.effects += corrections.learn(party, event, body, policy, at)
        return
    read = reading_of(body, policy, models)
    effect.models = read.models
    theme, tone, channel = text(read.theme), read.tone, body.channel
    effect.kind, effect.theme, effect.channel = body.kind, theme, channel
    if body.direction is Direction.INBOUND:
        effect.intent = effect.detail = text(read.intent)
    _identify(party, body.identifiers)
    _keep(party, body.attributes, policy, event.at, effect)
    behaviour.touched(party, Touch(at=event.at, channel=channel, kind=text(body.kind), theme=theme))
    for key in (touch_key(body.kind), touch_key(body.kind, theme)) if theme else (touch_key(body.kind),):
        if key in compiled.counters:
            counters.note(party, key, event.at)
    if theme and known is not None and known.interest:
        behaviour.interested(party, theme, known.interest, event.at, policy.interest_half_life)
    effect.objects = (known is not None and known.objects) or effect.intent == STOP
    if tone in ("complaint", "negative"):
        suppressions.note_negative(policy.contact, party, tone, channel, theme, "", event.at)
        pressure.add(party, pressure.tone_weight(policy.contact, tone), event.at, policy.contact)
    if effect.objects:
        _object(party, event, compiled, effect, channel, str(body.attributes.get(objections.NAMED, "")))
    if body.direction is Direction.OUTBOUND:
        _outside_contact(party, event, body, theme, policy)
    else:
        effect.effects += labels.converted(party, body.kind, theme, policy, when=min(event.at, at), at=at)
    _settle(party, body.kind, theme, policy, effect)
    effect.effects += placement.advance(party, compiled, body.kind, at)
    effect.happened, effect.about, effect.tone = body.kind, theme, tone or ""
    if known is not None and known.asks:
        effect.point = Point.INBOUND
        effect.triggers.append(("inbound", channel))
        return
    effect.triggers.append(("touchpoint", body.kind))
    if effect.intent:
        effect.triggers.append(("intent", read.intent))
    kind = _opens(body, read, compiled)
    if kind is not None:
        public = known is not None and known.public
        need, due, given_up = needs.open_need(party, kind, theme, channel, at, event.event_id, policy, public=public)
        effect.closed += given_up
        if due:
            effect.due_needs.append(need)
            effect.triggers.append(("need", need.kind))


def _opens(body: Touchpoint, read: Reading, compiled: CompiledPolicy) -> NeedKind | None:
    """The need that a touchpoint opens: its intent's, else its kind's. Praise waits for no answer, and neither does who
    asks only that we stop writing."""
    if body.direction is not Direction.INBOUND or read.tone == PRAISE:
        return None
    if read.intent in compiled.intents:
        return compiled.intents[read.intent]
    return None if read.intent == STOP and read.tone != COMPLAINT else compiled.openers.get(body.kind)


def _object(
    party: Party, event: PartyEvent, compiled: CompiledPolicy, effect: EventEffect, said_on: str, named: str = ""
) -> None:
    """The party objects to marketing on the channel `said_on`. named: the channel that the customer names."""
    effect.objects = True
    record, dropped = objections.objects(party, event, compiled, evidence=effect.kind, said_on=said_on, named=named)
    effect.effects.append(record)
    effect.cancelled += dropped


def _outside_contact(party: Party, event: PartyEvent, body: Touchpoint, theme: str, policy: Policy) -> None:
    """Another system of ours contacted the customer: it counts like any contact."""
    channel, given = body.channel, body.attributes.get
    party.contacts.append(
        Contact(
            at=event.at,
            channel=channel,
            action=text(str(given("action", ""))),
            action_class=text(str(given("action_class", "marketing")), limits.CODE),
            purpose=text(str(given("purpose", "own_promotion")), limits.CODE),
            theme=theme,
            action_id="",
        )
    )
    limits.contacts(party)
    pressure.add(party, pressure.contact_weight(policy.contact, channel), event.at, policy.contact)


def _outcome(
    party: Party, event: PartyEvent, body: ActionOutcome, compiled: CompiledPolicy, at: int, effect: EventEffect
) -> None:
    policy = compiled.policy
    _identify(party, body.identifiers)
    _keep(party, body.attributes, policy, event.at, effect)
    found = attribution.attribute(party, body, policy, at)
    name = found[0].action if found else text(body.action)
    action = policy.actions.get(name)
    theme = found[0].theme if found else (action.theme if action else "")
    only = action.treatments[0].channel if action is not None and len(action.treatments) == 1 else ""
    whose = {body.action_id, *(p.action_id for p in found)} - {""}
    made = [p.channel for p in found] or [c.channel for c in party.contacts if c.action_id in whose]
    channel = made[0] if made else (body.channel or only)
    meaning = policy.vocabulary.meaning(body.status)
    effect.kind, effect.theme, effect.channel, effect.of_action = body.status, theme, channel, name
    effect.detail = name if action is not None else ""
    effect.effects += labels.reported(
        party, whose, found, meaning, policy, named=bool(body.action_id), said_on=body.channel or "",
        when=min(event.at, at), at=at,
    )  # fmt: skip
    effect.delivers = worth.of_report(found, meaning)
    if not found:
        values = {**party.attributes, **effect.attributes}
        effect.effects += attribution.outside(party, body, policy, at, event.event_id, values)
    if meaning in DISCOURAGING:
        suppressions.note_negative(policy.contact, party, body.status, channel, theme, name, event.at)
    if meaning in REFUSING:
        pressure.add(party, pressure.outcome_weight(policy.contact, meaning), event.at, policy.contact)
    if meaning is Meaning.OBJECTING:
        _object(party, event, compiled, effect, body.channel or channel)
    for key in answers(meaning, channel) if channel else ():
        if key in compiled.counters:
            counters.note(party, key, event.at)
    if meaning in REACTED:
        party.answered_on = channel or party.answered_on
        for pending in found:
            pending.seen = True
        if meaning is not Meaning.NEGATIVE:
            suppressions.answered_look(party)
    waiting = list(party.needs)
    closed, again = floor.reported(party, whose, meaning, name, at)
    effect.closed += closed
    for need in waiting if closed else ():
        if need not in party.needs:
            effect.cancelled += unneeded(party, need, body.status, policy)
    for need in again:
        effect.due_needs.append(need)
        effect.triggers.append(("need", need.kind))
        effect.theme = need.theme
    if meaning is Meaning.FAILED:  # it never reached the person: no contact was made, no outcome will come
        lines = [c for c in party.contacts if c.action_id in whose and not c.planned]
        party.contacts = [c for c in party.contacts if c.action_id not in whose or c.planned]
        party.pending = [p for p in party.pending if p.action_id not in whose]
        lines = [c for c in lines if c.action == name]
        if (
            found
            and not found[0].answered
            and action is not None
            and not (again or closed)
            and has_another_way(party, action, found[0], lines)
        ):
            effect.planned = another_way(found[0], lines)
            effect.point = Point.PLANNED
    _settle(party, body.status, theme, policy, effect)
    effect.effects += placement.advance(party, compiled, body.status, at)
    effect.happened, effect.about = body.status, theme
    effect.triggers.append(("outcome", body.status))


def _profile(
    party: Party, event: PartyEvent, body: ProfileUpdate, policy: Policy, at: int, effect: EventEffect
) -> None:
    _identify(party, body.identifiers)
    _keep(party, body.attributes, policy, event.at, effect)
    party.name = text(body.name) or party.name
    party.language = text(body.language) or party.language
    party.zone = text(body.zone) or party.zone
    party.household = text(body.household) or party.household
    effect.kind = "profile"
    effect.triggers.append(("profile", ""))
    if body.lifecycle:
        effect.effects += placement.move_lifecycle(party, body.lifecycle, "profile", at, policy.vocabulary)


def _timer(party: Party, body: TimerFired, compiled: CompiledPolicy, at: int, effect: EventEffect) -> None:
    """Take the timer off the row. For a stale one (gone, or moved to a later instant) `effect.timer` stays None."""
    for timer in party.timers:
        if timer.id == body.timer and timer.due <= body.due:
            party.timers = [t for t in party.timers if t.id != timer.id]
            effect.timer, effect.kind = timer, timer.intent
            break
    else:
        return
    policy, need = compiled.policy, needs.find(party, timer.need) if timer.need else None
    if timer.intent == placement.INTENT:
        effect.effects += placement.out_of_patience(party, compiled.map, at)
    elif timer.intent == labels.INTENT:
        effect.effects += labels.close(party, policy, at)
    elif timer.intent == clock.INTENT:
        effect.struck = clock.strikes(party, policy, at)
        causes = list(effect.struck)
        effect.kind = causes[0] if causes else clock.INTENT  # without a cause: the clock is wound again, that is all
        effect.triggers += [("proactive", cause) for cause in causes]
        if causes:
            effect.point = Point.PROACTIVE
            effect.triggers.append(("proactive", ""))
    elif timer.intent == needs.REPORT:
        if need is None or need.answering != timer.action_id:
            effect.timer = None
            return
        floor.try_again(party, need, at)
        effect.due_needs.append(need)
        effect.theme, effect.channel = need.theme, need.channel
        effect.triggers.append(("need", need.kind))
    elif timer.intent in (needs.ANSWER, needs.OVERDUE):
        later = [t.due for t in party.timers if t.need and t.need == timer.need and t.action]
        if need is None or (timer.intent == needs.OVERDUE and later):
            effect.timer = None
            if need is not None:  # an action is planned for it: the need is overdue only if that does not happen
                needs.promise(party, need, max(later) + needs.GRACE)
            return
        effect.due_needs.append(need)
        effect.theme, effect.channel = need.theme, need.channel
        effect.triggers.append(("need" if timer.intent == needs.ANSWER else "overdue", need.kind))
    else:
        action = policy.actions.get(timer.action)
        about = next((c.theme for c in party.contacts if timer.action_id and c.action_id == timer.action_id), "")
        effect.theme = need.theme if need else action.theme if action and action.theme else about
        effect.point = Point.PLANNED
        effect.planned = Planned(timer.action, timer.action_id, timer.plan, about)


def _settle(party: Party, what: str, theme: str, policy: Policy, effect: EventEffect) -> None:
    """End the open needs that what happened settles, and the plans that it cancels. what: a kind or a status."""
    for need in list(party.needs):
        kind = policy.needs.get(need.kind)
        if kind is not None and what in kind.resolved_by and theme in ("", need.theme):
            effect.closed.append(needs.close(party, need, NeedEnd.RESOLVED, what))
            effect.cancelled += unneeded(party, need, what, policy)
    for timer in list(party.timers):
        action = policy.actions.get(timer.action) if timer.action else None
        if action is None or what not in action.cancelled_by:
            continue
        about = action.theme or next((c.theme for c in party.contacts if c.action_id == timer.action_id), "")
        if not theme or not about or theme == about:
            release(party, timer)
            effect.cancelled.append(Blocked(action.name, Reason.CANCELLED, what))


def _identify(party: Party, identifiers: tuple[Identifier, ...]) -> None:
    for identifier in identifiers:
        limits.identify(party, identifier.kind, identifier.value)


def _keep(party: Party, attributes: dict[str, Value], policy: Policy, at: int, effect: EventEffect) -> None:
    """Take over the declared attributes. The last statement by the time of its event holds, attribute by attribute."""
    declared = policy.attributes
    for name, value in attributes.items():
        known = declared.get(name)
        if known is None:
            continue
        effect.attributes[name] = value
        if known.scope == "party" and at >= party.attributes_at.get(name, 0):
            party.attributes[name] = _bounded(value)
            party.attributes_at[name] = at


def _bounded(value: Value) -> Value:
    """`value` with its texts as long as a row takes them."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [text(entry) for entry in value]
    return {text(key): number for key, number in value.items()} if isinstance(value, dict) else value
