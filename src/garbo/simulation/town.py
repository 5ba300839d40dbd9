"""A town that answers: persons whose days become messages, and who react to what the company does to them.

`until(instant)` gives the next inbound messages in the order of time; `receive(command)` puts the person's reaction on
the calendar. Nothing here reads a policy, a clock or a topic.

Rules
 1. The same seed, parties, days and commands give the same messages on every machine. Chance is a `random.Random` for
    each (seed, person, thing), so what happens to one person does not change another, and the order in which commands
    of different persons come does not matter.
 2. A command is carried out at its `at`, or now if that is past. A second copy of an `action_id` is ignored, as by
    every dispatcher.
 3. After the last day come `AFTERWARDS`: reactions to what was sent, and no new questions, so that needs can end.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from heapq import heappop, heappush
from typing import Any, Final, Literal, TypeAlias

from garbo.core.party.identity import party_of
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, InboundBody, Value
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.processors.identifiers import PARTY, normalised
from garbo.processors.ports import InboundMessage
from garbo.simulation import daily
from garbo.simulation.daily import Doing
from garbo.simulation.messages import dialled, profile, touchpoint
from garbo.simulation.mood import UNANSWERED, chance
from garbo.simulation.population import ARCHETYPES, BRANCHES, CUSTOMER, POSTS, PROSPECT, Habit, Person, people
from garbo.simulation.reactions import Step, react
from garbo.simulation.resident import Resident, Waiting, resident
from garbo.simulation.tastes import Tastes
from garbo.simulation.words import (
    ACTIVATED,
    CASE_CLOSED,
    CLOSED,
    COMPLAINT,
    EXPECTS,
    LOOK,
    OPENED,
    PERSONAL_DATA,
    SETTLES,
)
from garbo.simulation.world import START, midnight

AFTERWARDS: Final = 4 * DAY  # a complaint is answered within 72 hours
ASKS_AGAIN: Final = 0.3  # of those whose patience has ended, up to `REMINDERS` times
REMINDERS: Final = 2
THANKS: Final = {language: texts[-1] for language, texts in POSTS[""].items()}
SETTLED_ELSEWHERE: Final = 0.4  # of complaints: the branch closes the case by itself

What: TypeAlias = Literal[
    "day", "do", "touch", "contact", "step", "patience", "consent", "case", "meet", "profile", "send"
]


def owner(message: InboundMessage) -> str:
    """Whose message it is: the town's seed and the person's number."""
    return message.event_id.rpartition("/")[0]


class Town:
    """`parties` persons over `days` days from `start` (midnight, Rome).

    Args:
        population: who lives there, numbered from 0, in place of `parties` drawn persons.
        tastes: what the persons want, if it is to follow from their attributes.

    residents: all persons, by number. now: everything before this instant has happened (ms). end: the last instant.
    counts: what only the town knows: purchases, persons lost and why, questions beyond the person's patience.
    """

    def __init__(
        self, seed: int, parties: int, days: int, start: date = START, *,
        population: Sequence[Person] = (), tastes: Tastes | None = None,
    ) -> None:  # fmt: skip
        self._seed, self._days, self._start = seed, days, start
        self.residents = [resident(seed, person) for person in population or people(seed, parties, days)]
        self._calendar: list[tuple[int, int, int, What, Any]] = []
        self._messages: list[InboundMessage] = []
        self._known_actions: set[str] = set()
        self.now = midnight(start)
        self._last = midnight(start + timedelta(days))
        self.end = self._last + AFTERWARDS
        self.counts: Counter[str] = Counter()
        self._parties: dict[str, Resident] = {}
        for one in self.residents:
            one.tastes = tastes
            for kind, value in one.identifiers():
                known = normalised(kind, value)
                if known is not None:
                    self._parties[party_of(known)] = one
            first = one.person.arrives
            self._put(one, midnight(start + timedelta(first)), "day", first)
        self.counts["persons"] = len(self.residents)
        self.counts["customers_at_start"] = sum(one.customer for one in self.residents)

    # ---- the two calls -------------------------------------------------------------------------------------------

    def until(self, instant: int) -> list[InboundMessage]:
        """The messages of everything that happens before `instant` (ms), in the order of time."""
        instant = min(instant, self.end)
        while self._calendar and self._calendar[0][0] < instant:
            at, number, _, what, detail = heappop(self._calendar)
            self._happens(self.residents[number], at, what, detail)
        self.now = max(self.now, instant)
        found, self._messages = self._messages, []
        return found

    def receive(self, command: Deliver) -> bool:
        """Carry out a command. False: a copy, or its party is nobody of this town."""
        person = self._parties.get(command.party)
        if person is None or command.action_id in self._known_actions:
            return False
        self._known_actions.add(command.action_id)
        self._put(person, max(command.at, self.now), "contact", command)
        return True

    def resident(self, party: str) -> Resident | None:
        """The person behind a party id; None: nobody of this town."""
        return self._parties.get(party)

    @property
    def over(self) -> bool:
        return self.now >= self.end

    # ---- the calendar --------------------------------------------------------------------------------------------

    def _put(self, person: Resident, at: int, what: What, detail: Any) -> None:
        person.queued += 1
        heappush(self._calendar, (at, person.person.number, person.queued, what, detail))

    def _happens(self, person: Resident, at: int, what: What, detail: Any) -> None:
        match what:
            case "day":
                self._day(person, detail)
            case "do" if not person.gone:
                self._do(person, detail)
            case "touch" if not person.gone:
                self._touch(person, at, *detail)
            case "contact":
                for step in react(person, detail, at, person.random(f"react/{detail.action_id}")):
                    self._put(person, at + step.after, "step", (detail, step))
            case "step":
                self._step(person, at, *detail)
            case "patience" if not person.gone:
                self._patience(person, at, *detail)
            case "consent":
                self._consent(person, at, *detail)
            case "case" if not person.gone:
                self._touch(person, at, CASE_CLOSED, "branch", detail)
            case "profile":
                self._profile(person, at)
            case "meet":
                self._introduce(person, at)
            case "send":
                self._send(person, at, detail)

    # ---- of their own accord -------------------------------------------------------------------------------------

    def _day(self, person: Resident, number: int) -> None:
        if person.gone or not person.next_day <= number < self._days:
            return
        person.next_day = number + 1
        day = self._start + timedelta(number)
        begins = midnight(day)
        if person.customer and not person.person.known:
            self._put(person, begins + person.random("introduced").randrange(6 * HOUR), "meet", None)
        elif consent := daily.withdrawn(person, number):
            when = daily.moment(person.random(f"withdraws/{number}/when"), "app", begins)
            self._put(person, when, "consent", (consent, False))
        if daily.leaves(person, number):
            self._leave(person, begins + 9 * HOUR, "moved away")
            return
        for doing in daily.plan(person, number, day, begins):
            self._put(person, doing.at, "do", doing)
        self._put(person, midnight(day + timedelta(1)), "day", number + 1)

    def _do(self, person: Resident, doing: Doing) -> None:
        at, _, theme, asked = doing
        random = person.random(f"do/{at}")
        kind, channel = doing.habit.kind, doing.habit.channel
        extra: dict[str, Value] = {}
        text = ""
        match kind:
            case "profile":  # moves house
                person.person.attributes["branch"] = random.choice(BRANCHES)
                self._profile(person, at)
                return
            case "call_list":
                extra = dialled(person, at, self._start)
            case "competitor_visit":
                extra = {"competitor": random.choice(("ALFA", "BETA"))}
            case "transfer_failed":
                extra = {"amount": round(random.lognormvariate(5.0, 1.0), 2)}
                if random.random() < 0.35:  # tries again, and it works
                    self._later(person, at + random.randrange(2, 30) * MINUTE, "transfer_done", "ebanking", theme)
                elif random.random() < 0.5:
                    self._later(person, at + random.randrange(5, 30) * MINUTE, "social_post", "social", theme)
            case "social_post" | "social_message":
                text = random.choice(POSTS.get(theme, POSTS[""])[person.person.language])
            case "praise":
                text = THANKS[person.person.language]
            case "information_request" | "account_opened":
                at = self._introduce(person, at, customer=kind == OPENED)
            case "simulation_completed" if not person.customer and random.random() < 0.6:
                at = self._introduce(person, at)  # the others leave a number only
        self._put(person, at, "touch", (kind, channel, theme, extra, text))
        if kind == OPENED and random.random() < 0.6:
            days = random.randrange(2 * DAY, 12 * DAY)
            self._later(person, at + days, ACTIVATED, "app", "prepaid_card")
        if asked:
            self._put(person, at + daily.asked_after(asked, random), "touch", (asked, channel, ""))

    def _later(self, person: Resident, at: int, kind: str, channel: str, theme: str) -> None:
        self._put(person, at, "do", Doing(at, Habit(kind, channel, 0.0), theme))

    def _introduce(self, person: Resident, at: int, *, customer: bool = False) -> int:
        """The person leaves an address or becomes a customer: a profile and the consents. Returns the next instant."""
        own = person.person
        if customer and not person.customer:
            own.lifecycle, own.archetype = CUSTOMER, ARCHETYPES["everyday"]
        self._profile(person, at)
        if own.known:
            return at + SECOND
        own.known = True
        if not person.customer:
            own.lifecycle = PROSPECT
        given = at + max(person.data_after, 0) * DAY
        refuses = person.data_after < 0
        for number, (consent, granted) in enumerate(own.consents.items(), 1):
            self._put(person, given + number * SECOND, "consent", (consent, granted and not refuses))
        return at + 30 * SECOND

    def _patience(self, person: Resident, at: int, theme: str, since: int) -> None:
        """A question has waited for as long as the person does."""
        waiting = person.waiting.get(theme)
        if waiting is None or waiting.since != since:
            return
        waiting.reminded += 1
        self.counts["beyond_patience"] += waiting.reminded == 1
        person.mood.annoy(UNANSWERED * (2.0 if waiting.kind == COMPLAINT else 1.0), at)
        random = person.random(f"patience/{theme}/{at}")
        if random.random() < chance(0.15, person.mood.strain(at), 1.5, 0.5):
            self._leave(person, at + random.randrange(HOUR, 2 * DAY), "not answered")
            return
        if waiting.reminded > REMINDERS:
            return
        if random.random() < ASKS_AGAIN and at < self._last:
            kind, channel = (COMPLAINT, "call_centre") if person.customer else ("social_post", "social")
            self._later(person, at + MINUTE, kind, channel, theme)
        self._put(person, at + 2 * (at - since), "patience", (theme, since))

    # ---- because of us -------------------------------------------------------------------------------------------

    def _step(self, person: Resident, at: int, command: Deliver, step: Step) -> None:
        match step.kind:
            case "outcome":
                status, who = OutcomeStatus(step.name), (Identifier(PARTY, command.party),)
                channel = Channel(command.channel)
                self._send(person, at, ActionOutcome(status, command.action_id, step.action, channel, who))
            case "touchpoint":
                if step.action == "return" and person.gone:
                    person.gone = False
                    self.counts["returned"] += 1
                    number = (at - midnight(self._start)) // DAY + 1
                    self._put(person, max(midnight(self._start + timedelta(number)), at), "day", number)
                if person.gone or (step.name == COMPLAINT and at >= self._last):
                    return
                if step.action == "purchase":
                    self.counts["purchases"] += 1
                    person.owned.add(step.theme)
                    if person.customer:
                        self._put(person, at + HOUR, "profile", None)  # the core banking system reports it
                if step.name in (OPENED, ACTIVATED) and not person.customer:
                    at = self._introduce(person, at, customer=True)
                self._put(person, at, "touch", (step.name, step.channel, step.theme))
            case "withdraw" if person.consents.get(step.name, False):
                self.counts[f"withdrawn_because_of_us/{step.name}"] += 1
                self._consent(person, at, step.name, False)
            case "leave":
                self._leave(person, at, step.name)

    def _leave(self, person: Resident, at: int, why: str) -> None:
        """The person goes: a customer closes the account, anybody else is not seen again."""
        if person.gone:
            return
        self.counts[f"{'customers' if person.customer else 'others'}_lost/{why}"] += 1
        if person.customer:
            body = touchpoint(person, at, CLOSED, "branch")
            self._put(person, at, "send", body)
        person.gone = True
        person.waiting.clear()

    # ---- messages ------------------------------------------------------------------------------------------------

    def _touch(
        self, person: Resident, at: int, kind: str, channel: str, theme: str,
        extra: dict[str, Value] | None = None, text: str = "",
    ) -> None:  # fmt: skip
        if kind in EXPECTS and at >= self._last:
            return
        if kind == LOOK:
            person.looked[theme] = at
        elif kind in SETTLES:
            person.waiting.clear()
        elif kind == "transfer_done":
            person.waiting.pop("token", None)
        elif kind in EXPECTS and theme not in person.waiting and text not in THANKS.values():
            person.waiting[theme] = Waiting(kind, at)
            self._put(person, at + round(EXPECTS[kind] * person.patience), "patience", (theme, at))
            random = person.random(f"case/{at}")
            if kind == COMPLAINT and random.random() < SETTLED_ELSEWHERE:
                self._put(person, at + random.randrange(DAY, 4 * DAY), "case", theme)
        self._send(person, at, touchpoint(person, at, kind, channel, theme, extra, text))

    def _profile(self, person: Resident, at: int) -> None:
        self._send(person, at, profile(person, self._start))

    def _consent(self, person: Resident, at: int, consent: str, granted: bool) -> None:
        if person.consents.get(consent) == granted:
            return
        person.consents[consent] = granted
        if not granted and consent == PERSONAL_DATA:
            self.counts["personal_data_refused"] += 1
        who = person.person.customer if person.customer else person.person.mail
        self._send(person, at, ConsentChange(consent, granted, (who,), "form", Channel.WEB))

    def _send(self, person: Resident, at: int, body: InboundBody) -> None:
        own = person.person
        self._messages.append(InboundMessage(f"town{self._seed}/{own.number}/{own.events}", at, body))
        own.events += 1
