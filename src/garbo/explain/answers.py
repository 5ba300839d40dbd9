"""The answer to "why not X?" as sentences."""

from collections.abc import Iterator

from garbo.core.policy.actions import Trigger
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Reason
from garbo.explain.record import Composer, Language
from garbo.explain.why_not import Answer, Why, why_not

_OF_ACTIONS = frozenset({Why.ONLY_FOLLOW_UP, Why.OTHER_ACTION})  # whose `wanted` are actions
_COMPETED = frozenset({Why.CHOSEN, Why.LOST})


def explain_why_not(
    record: DecisionRecord, action: str, policy: Policy | None, language: Language, zone: str
) -> list[str]:
    """Why `action` was not made at this decision: what happened, then the answer. Times in `zone`.

    policy: of the record's version, None when it is not at hand.
    """
    answer = why_not(record, action, policy)
    return list(_Answers(record, policy, language, zone).about(answer))


class _Answers(Composer):
    def about(self, answer: Answer) -> Iterator[str]:
        record, scored = self.record, answer.scored
        yield from self.happened()
        channel = scored.channel if scored is not None else record.chosen_channel
        reason = self.words.reasons[(scored.reason if scored is not None else None) or Reason.NOT_CHOSEN]
        action = self.action(answer.action)
        yield self.fill(
            self.words.answers[answer.why],
            title=self.title(answer.action),
            on=self.on(channel),
            chosen=self.title(record.chosen),
            reason=self.fill(reason),
            had=self.had(answer),
            wanted=self.wanted(answer),
            theme=self.theme(action.theme if action is not None else ""),
            entries=self.listed(list(dict.fromkeys(map(self.entry, answer.entries))), "or"),
            **(self.factors(scored) if scored is not None else {}),
        )
        if answer.why is Why.NOT_DECIDED:
            yield self.fill(self.words.dispositions[record.disposition])
        if scored is not None and answer.why is Why.CHOSEN and self.bypassed(scored):
            yield self.say("bypassed")
        elif scored is not None and answer.why in _COMPETED:
            yield self.say("score", **self.factors(scored))
            yield self.say("probability", silence=record.silence_probability, **self.factors(scored))
        yield from map(self.blocked, answer.blocked)

    def wanted(self, answer: Answer) -> str:
        names = [self.title(name) for name in answer.wanted] if answer.why in _OF_ACTIONS else answer.wanted
        return self.listed([f"“{name}”" for name in names], "or") or self.say("none")

    def had(self, answer: Answer) -> str:
        had = self.title(answer.had) if answer.why is Why.OTHER_ACTION and answer.had else answer.had
        return f"“{had}”" if had else self.say("none")

    def theme(self, theme: str) -> str:
        return f"“{theme}”" if theme else self.say("any_theme")

    def entry(self, entry: Trigger) -> str:
        """When the action competes by this entry of its `when`."""
        words = self.words.entries
        key = entry.on if entry.name else f"{entry.on}_any"
        said = self.fill(words.get(key, words[""]), name=entry.name or entry.on)
        if entry.theme and entry.theme != "=":
            said += self.say("about", theme=entry.theme)
        if entry.of_action:
            said += self.say("of_action", title=self.title(entry.of_action))
        if entry.after_action:
            said += self.say("after_action", title=self.title(entry.after_action))
        return said + (self.say("times", times=entry.times) if entry.times else "")
