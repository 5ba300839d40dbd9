"""A decision record as sentences: what happened, what was chosen and why, and why not the rest.

Rules
 1. A language is a file of templates (`en`, `it`); code only picks templates and fills their blanks.
 2. Only what the record says, and titles of the policy: no personal data, nothing recomputed but the calendar.
 3. Every candidate has a sentence; so has every need that ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from garbo.core.gates import calendar
from garbo.core.gates.scarcity import STOCK
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Lineup, NeedClosed, Scored
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.en import ENGLISH
from garbo.explain.it import ITALIAN
from garbo.explain.sentences import Sentences

Language: TypeAlias = Literal["en", "it"]

REASONS = frozenset(reason.value for reason in Reason)
LANGUAGES: Mapping[Language, Sentences] = {"en": ENGLISH, "it": ITALIAN}


def explain(record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> list[str]:
    """The sentences of `record`, times in `zone`. Titles from `policy` when given, else the actions' names."""
    return list(Composer(record, policy, language, zone).sentences())


class Composer:
    """Puts one record into words. `explain.answers` uses the same words for "why not?"."""

    def __init__(self, record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> None:
        self.record, self.policy, self.language, self.zone = record, policy, language, zone
        self.words = LANGUAGES[language]

    def sentences(self) -> Iterator[str]:
        record, words = self.record, self.words
        yield from self.happened()
        if record.disposition != Disposition.DECIDED:
            yield self.fill(words.dispositions[record.disposition])
        elif record.chosen:
            yield from self.chosen()
        else:
            yield from self.silence()
        if record.held_out:
            yield self.say("held_out", share=record.hold_out_share)
        for flag in ("explored", "fallback"):
            if getattr(record, flag):
                yield self.say(flag)
        yield from map(self.weighed, (s for s in record.scored if s.narrows))
        yield from self.lineups()
        yield from (self.say("rides", title=self.title(rider)) for rider in record.riders)
        yield from map(self.need_end, record.needs_closed)
        yield from (self.passed_over(s) for s in record.scored if s.action not in (record.chosen, *record.riders))
        yield from (self.blocked(b) for b in record.blocked)

    def happened(self) -> Iterator[str]:
        """What happened and when; what was due because of it."""
        record, words = self.record, self.words
        key = "happened_intent" if record.intent else "happened"
        # An event that a link between identifiers causes has no time of its own: the decision's time stands for it.
        when = self.when(record.occurred_at or record.at)
        intent = self.fill(words.intents.get(record.intent, words.intents[""]), intent=record.intent)
        if record.point == Point.PROACTIVE:
            intent = f"{intent}: {self.causes()}"
        yield self.say(key, when=when, event=self.event(), intent=intent)
        if record.point == Point.NEED and record.causes:
            yield self.say("due", needs=self.listed([self.need(kind, record.theme) for kind in record.causes], "and"))

    def event(self) -> str:
        record, words = self.record, self.words
        title, key = "", record.event_type
        if key == "touchpoint" and record.event_detail:
            key = "touchpoint_says"
        elif key == "consent" and record.event_detail:
            key = f"consent_{record.event_detail}"
        elif key == "outcome" and record.event_detail:
            key, title = "outcome_of", self.title(record.event_detail)
        return self.fill(
            words.events.get(key, words.events[""]), kind=record.event_kind, title=title, intent=record.event_detail
        )

    def causes(self) -> str:
        """Why the person's own clock struck."""
        words, said = self.words.causes, []
        for cause in self.record.causes or ("",):
            dated = cause.startswith(DATE)
            template = words.get(DATE if dated else cause, cause)
            said.append(self.fill(template, attribute=cause.removeprefix(DATE)))
        return self.listed(said, "and")

    def chosen(self) -> Iterator[str]:
        record = self.record
        yield self.say("chosen", title=self.title(record.chosen), on=self.on(record.chosen_channel))
        scored = next((s for s in record.scored if s.action == record.chosen), None)
        if scored is None:
            yield self.say("uncontested")
        else:
            factors, bypassed = self.factors(scored), self.bypassed(scored)
            if record.confirmation:
                yield self.say("confirmed", **factors)
            elif bypassed:
                yield self.say("bypassed")
            if not bypassed:
                yield self.say("score", **factors)
                yield self.say("model" if scored.model_output >= 0 else "prior", **factors)
            if not bypassed and not record.confirmation:
                yield self.say("probability", silence=record.silence_probability, **factors)
        yield self.say(self.placing(), when=self.when(record.placed_at), channel=record.chosen_channel)

    def weighed(self, scored: Scored) -> str:
        """By how much feedback weighs the candidate, and because of which stage."""
        journey, _, stage = scored.narrows.partition("/")
        known = self.policy.journeys.get(journey) if self.policy is not None else None
        if known is not None:
            there = known.stages.get(stage)
            stage = there.label.get(self.language, stage) if there is not None else stage
            journey = known.label.get(self.language, journey)
        return self.say(
            "weighed", title=self.title(scored.action), stage=stage, journey=journey, version=self.record.feedback,
            **self.factors(scored),
        )  # fmt: skip

    def lineups(self) -> Iterator[str]:
        """Which models answered; what a challenger or a shadow would have done. A confirmation preferred nothing."""
        record = self.record
        if not record.lineups:
            return
        champions, others = record.lineups[0], record.lineups[1:]
        if record.models:
            yield self.say("answered", models=", ".join(record.models))
        for model in champions.model.split():
            yield self.say("promoted", model=model)
        for lineup in () if record.confirmation else others:
            would = self.preferred(lineup)
            if lineup.share > 0:
                ours, its = (self.of_chosen(x) for x in (champions, lineup))
                yield self.say(
                    "contested", model=lineup.model, share=lineup.share, champions=ours, its=its, would=would
                )
            else:
                yield self.say("looked_on", model=lineup.model, role=self.say(f"role_{lineup.role}"), would=would)

    def preferred(self, lineup: Lineup) -> str:
        """What the lineup would most probably have chosen; riders are no choice of theirs."""
        most, title = lineup.silence, ""
        for scored, probability in zip(self.record.scored, lineup.probabilities, strict=False):
            if probability > most and scored.action not in self.record.riders:
                most, title = probability, self.title(scored.action)
        return self.say("would_action", title=title) if title else self.say("would_silence")

    def of_chosen(self, lineup: Lineup) -> float:
        """The probability, under the lineup, of what was chosen."""
        chances = zip(self.record.scored, lineup.probabilities, strict=False)
        return next((p for s, p in chances if s.action == self.record.chosen), lineup.silence)

    def bypassed(self, scored: Scored) -> bool:
        """Is the chosen action of a class that goes before any offer?"""
        action = self.action(scored.action)
        if action is not None:
            return action.action_class is not ActionClass.MARKETING
        return self.record.silence_probability == 0.0 and scored.probability == 1.0 and not self.record.confirmation

    def silence(self) -> Iterator[str]:
        """Why nothing goes out: a plan was cancelled, silence was chosen, all was held back, or nothing could compete.

        A plan that the event cancels is no candidate: it does not count as held back.
        """
        record = self.record
        if record.confirmation:
            yield self.say("no_way_left" if record.event_type == "outcome" else "cancelled")
            for scored in record.scored:
                yield self.say("cancelled_choice", title=self.title(scored.action), **self.factors(scored))
        elif record.scored:
            yield self.say("silence_drawn" if record.explored else "silence")
            yield self.say("silence_probability", silence=record.silence_probability)
        else:
            held_back = any(b.reason is not Reason.CANCELLED for b in record.blocked)
            yield self.say("all_held_back" if held_back else "nothing_fits")

    def placing(self) -> str:
        """The name of the phrase that says when the chosen action happens, and why then."""
        record = self.record
        if record.placed_at <= record.at:
            return "shown" if record.point == Point.INBOUND else "at_once"
        action = self.action(record.chosen)
        if action is None or self.policy is None:
            return "placed"
        looks = self.policy.contact.remarketing
        if looks is not None and looks.delay and record.placed_at == record.occurred_at + looks.delay:
            return "placed_after_look"
        # What had been planned has had its placement already: the timer was it.
        planned = record.confirmation or record.intent in ("deliver", "follow_up", "promise")
        wanted = record.at if planned else calendar.wanted(action.placement, record.at, self.zone)
        if wanted < record.placed_at:
            return "placed_at_opening"
        return "placed_as_set" if wanted == record.placed_at else "placed"

    def passed_over(self, scored: Scored) -> str:
        reason = self.fill(self.words.reasons[scored.reason or Reason.NOT_CHOSEN])
        title, on = self.title(scored.action), self.on(scored.channel)
        return self.say("passed_over", title=title, on=on, reason=reason, **self.factors(scored))

    def blocked(self, blocked: Blocked) -> str:
        reason = self.fill(self.words.reasons[blocked.reason])
        title, on = self.title(blocked.action), self.on(blocked.channel)
        detail = blocked.detail if blocked.detail != blocked.channel else ""  # the channel is named already
        if blocked.reason is Reason.NO_CAPACITY:
            if detail.startswith(STOCK):
                reason, detail = self.say("out_of_stock"), ""
            else:  # the number of the hour or day says nothing to a person
                detail = detail.partition(":")[0]
                detail = detail if detail != blocked.channel else ""
        if blocked.reason is Reason.CANCELLED and detail == Reason.OBJECTED:
            reason, detail = self.fill(self.words.reasons[Reason.OBJECTED]), ""
        return self.say("blocked", title=title, on=on, reason=reason, detail=_detail(detail))

    def need_end(self, need: NeedClosed) -> str:
        name, detail = self.need(need.kind, need.theme), need.detail
        if need.end is NeedEnd.UNANSWERED:
            detail = self.why_unanswered(detail)
        elif detail and self.action(detail) is not None:
            detail = f"“{self.title(detail)}”"
        return self.fill(self.words.need_ends[need.end], need=name, detail=_detail(detail))

    def why_unanswered(self, detail: str) -> str:
        """What a need has words of its own for, or the reason of the candidate that was held back first."""
        phrase = f"need_{detail}"
        if phrase in self.words.phrases:
            return self.say(phrase)
        return self.fill(self.words.reasons[Reason(detail)]) if detail in REASONS else detail

    def need(self, kind: str, theme: str) -> str:
        return self.say("need" if theme else "need_plain", kind=kind, theme=theme)

    def on(self, channel: str) -> str:
        return self.say("on", channel=channel) if channel else ""

    def action(self, name: str) -> Action | None:
        return self.policy.actions.get(name) if self.policy else None

    def title(self, name: str) -> str:
        action = self.action(name)
        return action.title.get(self.language, name) if action else name

    def listed(self, items: Sequence[str], word: str) -> str:
        """ "a, b and c". word: the phrase before the last one."""
        if len(items) < 2:
            return "".join(items)
        return ", ".join(items[:-1]) + self.say(word) + items[-1]

    def when(self, at: int) -> str:
        return calendar.full_text(at, self.zone, self.language)

    def factors(self, scored: Scored) -> dict[str, float]:
        fields = {field: getattr(scored, field) for field in scored.__struct_fields__}
        return {field: value for field, value in fields.items() if isinstance(value, float | int)}

    def say(self, phrase: str, **blanks: str | float) -> str:
        return self.fill(self.words.phrases[phrase], **blanks)

    def fill(self, template: str, **blanks: str | float) -> str:
        shown = {name: value if isinstance(value, str) else self.number(value) for name, value in blanks.items()}
        return template.format_map(shown)

    def number(self, value: float) -> str:
        """Four decimals at most, without trailing zeros."""
        text = f"{value:.4f}".rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
        return text.replace(".", self.words.decimal_point)


def _detail(detail: str) -> str:
    return f" ({detail})" if detail else ""
