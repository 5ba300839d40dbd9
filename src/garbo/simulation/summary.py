"""What came of a town: counts of what was sent, commanded, decided and answered, as data for text and JSON."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any, Final

from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Touchpoint
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.reasons import Disposition, NeedEnd
from garbo.processors.ports import InboundMessage
from garbo.simulation.population import CUSTOMER
from garbo.simulation.words import CLOSED, COMPLAINT

NOTHING, SILENCE = "nothing could compete", "silence worth more"
# How many feasible actions: the lower ends of the classes that are counted.
CLASSES: Final = ((0, "0"), (1, "1"), (2, "2-4"), (5, "5-9"), (10, "10+"))
WEEK: Final = 7 * DAY


class Summary:
    """Counts while the town is played; `data` returns the result."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.commands: Counter[tuple[str, str]] = Counter()  # by channel and class
        self.shown = 0  # of the commands: to a person who was asking
        self.answers: Counter[tuple[str, str]] = Counter()  # by channel and status
        self.complaints: Counter[str] = Counter()
        self.withdrawn: Counter[str] = Counter()
        self.needs: Counter[tuple[str, str]] = Counter()  # by kind and end
        self.unanswered: Counter[tuple[str, str]] = Counter()  # by kind and reason
        self.silence: dict[str, Counter[str]] = defaultdict(Counter)  # by point and reason
        self.points: dict[str, Counter[int]] = defaultdict(Counter)  # feasible actions -> decisions
        self.consenting: dict[str, Counter[int]] = defaultdict(Counter)  # the same, customers who allow it
        self.silent: dict[str, list[int]] = defaultdict(lambda: [0, 0])  # without action: all, consenting
        self.decisions = self.explored = self.held_out = 0
        self.accounts_closed = 0
        self._weeks: Counter[tuple[str, int]] = Counter()  # marketing contacts by party and week

    # ---- what happens ----------------------------------------------------------------------------------------------

    def sent(self, messages: Iterable[InboundMessage]) -> None:
        """Messages of the town to Garbo."""
        for message in messages:
            body = message.body
            self.messages[type(body).__name__] += 1
            if isinstance(body, ActionOutcome):
                self.answers[str(body.channel), body.status] += 1
            elif isinstance(body, Touchpoint):
                self.complaints[body.theme] += body.kind == COMPLAINT
                self.accounts_closed += body.kind == CLOSED
            elif isinstance(body, ConsentChange) and not body.granted:
                self.withdrawn[body.consent] += 1

    def command(self, command: Deliver, at: int) -> None:
        """A command that the town took, at the instant `at` (ms)."""
        self.commands[command.channel, command.action_class] += 1
        if command.inbound:
            self.shown += 1
        elif command.action_class == "marketing":
            self._weeks[command.party, at // WEEK] += 1

    def decision(self, record: DecisionRecord, *, consenting: bool) -> None:
        """A decision record. consenting: its person is a customer who allows own offers and profiling.

        Not counted among the consenting: the control group, which gets no marketing on purpose, and a party that nobody
        knows as the customer yet, such as a cookie.
        """
        for need in record.needs_closed:
            self.needs[need.kind, need.end.value] += 1
            if need.end is NeedEnd.UNANSWERED:
                self.unanswered[need.kind, need.detail or "no reason"] += 1
        if record.disposition is not Disposition.DECIDED:
            return
        point = record.point
        consenting = consenting and record.lifecycle == CUSTOMER and not record.held_out
        feasible = len({scored.action for scored in record.scored})
        self.decisions += 1
        self.explored += record.explored
        self.held_out += record.held_out
        self.points[point][feasible] += 1
        if consenting:
            self.consenting[point][feasible] += 1
        if not record.chosen:
            self.silent[point][0] += 1
            self.silent[point][1] += consenting
            self.silence[point][why_silent(record)] += 1

    # ---- the result ------------------------------------------------------------------------------------------------

    def data(self, town: Counter[str], seconds: float, dead_letters: int) -> dict[str, Any]:
        """Everything as JSON types.

        Args:
            town: `Town.counts`.
            seconds: of wall time that the run took.
            dead_letters: messages that could not be used.
        """
        total = sum(self.messages.values())
        return {
            "town": dict(sorted(town.items())),
            "seconds": round(seconds, 1),
            "messages": dict(sorted(self.messages.items())),
            "dead_letters": dead_letters,
            "messages_per_second": round(total / seconds, 1) if seconds else 0.0,
            "commands": _nested(self.commands),
            "commands_shown_to_who_asked": self.shown,
            "marketing_contacts_per_person_and_week": _spread(Counter(self._weeks.values())),
            "answers": _nested(self.answers),
            "complaints": dict(sorted((+self.complaints).items())),
            "purchases": town["purchases"],
            "customers_lost": _part(town, "customers_lost/"),
            "others_lost": _part(town, "others_lost/"),
            "consents_refused_or_withdrawn": dict(sorted(self.withdrawn.items())),
            "consents_withdrawn_because_of_us": _part(town, "withdrawn_because_of_us/"),
            "needs": _nested(self.needs),
            "needs_unanswered": _nested(self.unanswered),
            "decisions": self.decisions,
            "explored": self.explored,
            "held_out": self.held_out,
            "silence": {point: dict(self.silence[point].most_common()) for point in sorted(self.silence)},
            "points": {point: self._point(point) for point in sorted(self.points)},
        }

    def _point(self, point: str) -> dict[str, Any]:
        everybody, some, silent = self.points[point], self.consenting[point], self.silent[point]
        return {
            **_optionality(everybody, silent[0]),
            "consenting_customers": _optionality(some, silent[1]),
        }


def why_silent(record: DecisionRecord) -> str:
    """Why no action was chosen: one reason, the one that held back most candidates."""
    if not record.scored and not record.blocked:
        return NOTHING
    if record.scored:
        reasons = Counter(s.reason.value for s in record.scored if s.reason is not None)
        worth_more = {"below_silence", "not_chosen"}
        if not reasons or worth_more & reasons.keys():
            return SILENCE
    else:
        reasons = Counter(blocked.reason.value for blocked in record.blocked)
    return f"blocked: {min(reasons, key=lambda reason: (-reasons[reason], reason))}"


def _optionality(feasible: Counter[int], silent: int) -> dict[str, Any]:
    decisions = feasible.total()
    classes = dict.fromkeys((name for _, name in CLASSES), 0)
    for number, count in feasible.items():
        classes[[name for least, name in CLASSES if number >= least][-1]] += count
    return {
        "decisions": decisions,
        "feasible_actions_median": median(feasible.elements()) if decisions else 0,
        "feasible_actions": classes,
        "without_action": round(silent / decisions, 4) if decisions else 0.0,
    }


def _spread(values: Counter[int]) -> dict[str, float]:
    """Median, 90th percentile and greatest of counted values; weeks without a contact are not among them."""
    ordered = sorted(values.elements())
    if not ordered:
        return {"median": 0, "p90": 0, "most": 0}
    return {"median": median(ordered), "p90": ordered[int(0.9 * (len(ordered) - 1))], "most": ordered[-1]}


def _nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (outer, inner), count in sorted(counts.items()):
        found.setdefault(outer, {})[inner] = count
    return found


def _part(counts: Counter[str], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in sorted(counts.items()) if name.startswith(prefix)}
