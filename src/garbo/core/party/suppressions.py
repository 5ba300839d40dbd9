"""Pauses after negative outcomes: when they start, what they hold back. Semantics, each with its test:
docs/contact-policy.md.

Rules
 1. A pause runs from the outcome that completed the rule's count. It comes out the same in any order of arrival.
 2. Every pause ends. An ended pause leaves the row with the next negative outcome.
 3. A pause whose rule is no longer in the policy holds marketing back: what cannot be known is not done.
"""

from collections.abc import Mapping

from garbo.core.party.state import Party
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.contact_policy import ContactPolicy, Remarketing
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

# Negative outcomes kept, besides being younger than the longest suppression window: a rule that waits for more refusals
# than this is no suppression. The oldest are given up; the suppressions they caused are not.
NEGATIVES = 32

# Rows written by the first version name the theme's scope "topic", so the key keeps that word.
_CODE = {"theme": "topic"}
_DEFAULT_LIMITS = (ActionClass.MARKETING.value,)


def suppressed(
    action: Action, channel: str, at: int, suppressions: Mapping[str, int], policy: ContactPolicy, *, theme: str = ""
) -> Verdict:
    """Is `action` on `channel`, about `theme`, paused at instant `at` (ms)?

    A key of `suppressions` is "<rule>|<scope>"; the scope is "all", "channel:<channel>", "topic:<theme>" or
    "action:<action>". The value is the first instant (ms) after the pause. A key without a rule, or with a rule that
    the policy no longer has, holds marketing back. `detail` of the verdict is the rule's name, else the scope.
    """
    if not suppressions or action.internal:
        return ALLOWED
    subjects = {"channel": channel, "topic": action.theme or theme}
    for key, until in suppressions.items():
        if at >= until:
            continue
        name, _, scope = key.rpartition("|")
        kind, _, subject = scope.partition(":")
        if kind != "all" and subject != subjects.get(kind, action.name):
            continue
        limits = next((rule.limits for rule in policy.suppressions if rule.name == name), _DEFAULT_LIMITS)
        if action.action_class in limits:
            return Verdict(Reason.SUPPRESSED, name or scope)
    return ALLOWED


def note_negative(
    policy: ContactPolicy, party: Party, status: str, channel: str, theme: str, action: str, at: int
) -> None:
    """Note a negative outcome, which happened at `at` (ms), in the row and start the pauses it causes.

    A line of `party.negatives` is (at, status, channel, "theme|action").
    """
    rules = [rule for rule in policy.suppressions if status in rule.statuses]
    now = max(party.at, at)
    suppressions = {key: until for key, until in party.suppressions.items() if until > now}
    negatives = party.negatives
    if rules:
        negatives = sorted([*negatives, (at, status, channel, f"{theme}|{action}")])
        subjects = {"all": "", "channel": channel, "theme": theme, "action": action}
        for rule in rules:
            subject = subjects[rule.scope]
            if rule.scope != "all" and not subject:
                continue  # the outcome does not name the subject: there is nothing to pause
            times = [n[0] for n in negatives if n[1] in rule.statuses and _subject(n, rule.scope) == subject]
            for first, last in zip(times, times[max(rule.count - 1, 0) :], strict=False):
                if last - first < rule.window and last >= at and last + rule.pause > now:
                    scope = _CODE.get(rule.scope, rule.scope)
                    key = f"{rule.name}|{scope}:{subject}" if subject else f"{rule.name}|{scope}"
                    suppressions[key] = max(suppressions.get(key, 0), last + rule.pause)
    horizon = now - _memory(policy)
    party.negatives = [n for n in negatives if n[0] > horizon][-NEGATIVES:]
    party.suppressions = suppressions


IGNORED, IGNORED_LOOK = "ignored", "ignored_look"


def note_ignored_look(policy: ContactPolicy, party: Party, channel: str, theme: str, action: str, at: int) -> None:
    """An offer about a mere look found no answer by instant `at` (ms)."""
    lines = sorted([*party.negatives, (at, IGNORED_LOOK, channel, f"{theme}|{action}")])
    horizon = max(party.at, at) - _memory(policy)
    party.negatives = [n for n in lines if n[0] > horizon][-NEGATIVES:]


def answered_look(party: Party) -> None:
    """An offer about a mere look found an answer: those ignored before it count no more."""
    if any(n[1] == IGNORED_LOOK for n in party.negatives):
        party.negatives = [n for n in party.negatives if n[1] != IGNORED_LOOK]


def ignored_looks(party: Party, limits: Remarketing) -> int:
    """The first instant (ms) after the pause that ignored offers about mere looks have caused; 0 for none."""
    times = [n[0] for n in party.negatives if n[1] == IGNORED_LOOK]
    if len(times) < limits.ignored or times[-1] - times[-limits.ignored] >= limits.window:
        return 0
    return times[-1] + limits.pause


def _memory(policy: ContactPolicy) -> int:
    spans = [rule.window for rule in policy.suppressions]
    if policy.remarketing is not None:
        spans.append(policy.remarketing.window + policy.remarketing.pause)
    return max(spans, default=0)


def _subject(negative: tuple[int, str, str, str], scope: str) -> str:
    """What of a negative outcome a rule of this scope looks at."""
    if scope == "all":
        return ""
    if scope == "channel":
        return negative[2]
    theme, _, action = negative[3].rpartition("|")
    return theme if scope == "theme" else action
