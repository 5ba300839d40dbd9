"""A decision record as sentences: what happened, what was chosen and why, and why not the rest.

Rules
 1. A language is a file of templates (`en`, `it`); code only picks templates and fills their blanks.
 2. Only what the record says, and titles of the policy: no personal data, nothing recomputed but the calendar.
 3. Every candidate has a sentence; so has every need that ended.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from garbo.core.gates import calendar
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, NeedClosed, Scored
from garbo.core.vocabulary.reasons import Disposition, Reason
from garbo.explain.en import ENGLISH
from garbo.explain.it import ITALIAN
from garbo.explain.sentences import Sentences

Language: TypeAlias = Literal["en", "it"]

LANGUAGES: Mapping[Language, Sentences] = {"en": ENGLISH, "it": ITALIAN}


def explain(record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> list[str]:
    """The sentences of `record`, times in `zone`. Titles from `policy` when given, else the actions' names."""
    return list(_Composer(record, policy, language, zone).sentences())


class _Composer:
    def __init__(self, record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> None:
        self.record, self.policy, self.language, self.zone = record, policy, language, zone
        self.words = LANGUAGES[language]

    def sentences(self) -> Iterator[str]:
        record, words = self.record, self.words
        event = self.fill(words.events.get(record.event_type, words.events[""]), kind=record.event_kind)
        intent = words.intents.get(record.intent, words.intents[""])
        key = "happened_intent" if record.intent else "happened"
        # An event that a link between identifiers causes has no time of its own: the decision's time stands for it.
        when = self.when(record.occurred_at or record.at)
        yield self.say(key, when=when, event=event, intent=self.fill(intent, intent=record.intent))
        if record.disposition != Disposition.DECIDED:
            yield self.fill(words.dispositions[record.disposition])
        elif record.chosen:
            yield from self.chosen()
        else:
            yield self.say("silence")
            if record.scored:
                yield self.say("silence_probability", silence=record.silence_probability)
        for flag in ("explored", "fallback"):
            if getattr(record, flag):
                yield self.say(flag)
        yield from (self.say("rides", title=self.title(rider)) for rider in record.riders)
        yield from map(self.need_end, record.needs_closed)
        yield from (self.passed_over(s) for s in record.scored if s.action not in (record.chosen, *record.riders))
        yield from (self.blocked(b) for b in record.blocked)

    def chosen(self) -> Iterator[str]:
        record = self.record
        yield self.say("chosen", title=self.title(record.chosen))
        scored = next((s for s in record.scored if s.action == record.chosen), None)
        if scored is None:
            yield self.say("uncontested")
        elif record.silence_probability == 0.0 and scored.probability == 1.0:
            yield self.say("bypassed")
        else:
            factors = self.factors(scored)
            yield self.say("score", **factors)
            yield self.say("model" if scored.model_output >= 0 else "prior", **factors)
            yield self.say("probability", silence=record.silence_probability, **factors)
        yield self.say(self.placing(), when=self.when(record.placed_at), channel=self.channel())

    def placing(self) -> str:
        """The name of the phrase that says when the chosen action happens, and why then."""
        record = self.record
        if record.placed_at <= record.at:
            return "at_once"
        action = self.policy.actions.get(record.chosen) if self.policy else None
        if action is None:
            return "placed"
        planned = record.intent in ("deliver", "follow_up", "promise")  # then the timer was its placement
        wanted = record.at if planned else calendar.wanted(action.placement, record.at, self.zone)
        if wanted < record.placed_at:
            return "placed_at_opening"
        return "placed_as_set" if wanted == record.placed_at else "placed"

    def channel(self) -> str:
        return self.record.chosen_channel

    def passed_over(self, scored: Scored) -> str:
        reason = self.fill(self.words.reasons[scored.reason or Reason.NOT_CHOSEN])
        return self.say("passed_over", title=self.title(scored.action), reason=reason, **self.factors(scored))

    def blocked(self, blocked: Blocked) -> str:
        reason = self.fill(self.words.reasons[blocked.reason])
        return self.say("blocked", title=self.title(blocked.action), reason=reason, detail=_detail(blocked.detail))

    def need_end(self, need: NeedClosed) -> str:
        name = self.say("need" if need.theme else "need_plain", kind=need.kind, theme=need.theme)
        return self.fill(self.words.need_ends[need.end], need=name, detail=_detail(need.detail))

    def title(self, name: str) -> str:
        action = self.policy.actions.get(name) if self.policy else None
        return action.title.get(self.language, name) if action else name

    def when(self, at: int) -> str:
        return calendar.local_text(at, self.zone, self.language)

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
