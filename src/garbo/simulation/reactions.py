"""What a person does when a command reaches them, or fails to: a pure function of the person, the command and chance.

Rules
 1. A failed delivery, a call without an answer and a staff channel give exactly one outcome.
 2. A few dispatchers never report (`UNREPORTED`); the person feels the contact all the same.
 3. What the person wants decides about a yes, the strain of their mood about everything else (`mood`).
 4. Of a command only its words count: channel, class, theme, what it answers, its riders, and whether it is shown to a
    person who came to us (`inbound`).

All rates are plausible, not measured.
"""

from collections.abc import Iterator, Mapping
from math import exp
from random import Random
from typing import Final, Literal, NamedTuple, TypeAlias

from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.simulation.mood import CALMED, EASED, MISSED_CALL, RIDER, chance, contact_weight
from garbo.simulation.resident import WANTED, Resident
from garbo.simulation.words import COMPLAINT, OWN_PROMOTION, PROFILING, PURCHASES

UNREPORTED: Final = 0.005
FAILS: Final[Mapping[str, float]] = {
    "email": 0.015, "sms": 0.01, "push": 0.03, "social": 0.01, "call_centre": 0.01, "web": 0.003, "app": 0.003,
    "ebanking": 0.003, "atm": 0.003,
}  # fmt: skip
SPOKEN: Final = frozenset({"branch", "call_centre"})
STAFF: Final = frozenset({"branch", "third_party"})  # no person is contacted there, unless one is asking
UNANSWERED_CALLS: Final = 0.38  # of calls; a person who likes calls misses half as many
# How often a message is read at all, by channel; and the median time until then.
READ: Final[Mapping[str, float]] = {
    "email": 0.35, "sms": 0.9, "push": 0.5, "social": 0.6, "web": 0.4, "app": 0.5, "ebanking": 0.4,
}  # fmt: skip
READ_AFTER: Final[Mapping[str, int]] = {"email": 3 * HOUR, "sms": 10 * MINUTE, "push": 15 * MINUTE}
# How often somebody who came to us notices what is shown: a clerk says it, a banner is overlooked.
NOTICED: Final[Mapping[str, float]] = {"branch": 0.8, "call_centre": 0.8, "atm": 0.35, "web": 0.35, "app": 0.5}
PREFERRED_HELPS, OTHERS_HURT = 1.5, 0.8
CALL_SELLS: Final = 1.3  # somebody who explains sells better than a text
AGREES: Final = {"call_centre": 0.35, "sms": 0.10}  # says yes to a service contact that asks something
REFUSES: Final = (0.04, 0.25)  # on a call: at rest, and for each unit of strain; in writing a fifth of it
BUYS: Final = 0.7  # of those who said yes
RETURNS: Final = 0.03  # a person who has left and calmed down comes back for one good offer
CALM: Final = 0.5  # strain

Kind: TypeAlias = Literal["outcome", "touchpoint", "withdraw", "leave"]


class Step(NamedTuple):
    """One thing the person, or the dispatcher for them, does `after` milliseconds.

    name: the outcome's status, the touchpoint's kind, or the consent withdrawn. action: of the outcome.
    """

    after: int
    kind: Kind
    name: str
    action: str = ""
    channel: str = ""
    theme: str = ""


def react(person: Resident, command: Deliver, at: int, random: Random) -> list[Step]:
    """The steps that follow from `command` at `at` (ms). Changes the person's mood and what they wait for."""
    steps = list(_steps(person, command, at, random))
    if random.random() < UNREPORTED:
        steps = [step for step in steps if step.kind != "outcome"]
    return steps


def _steps(person: Resident, command: Deliver, at: int, random: Random) -> Iterator[Step]:
    channel, inbound = command.channel, command.inbound
    if channel in STAFF and not inbound:
        yield _outcome(command, SECOND, OutcomeStatus.DELIVERED)
        return
    if random.random() < FAILS.get(channel, 0.01) or (channel in person.bad and not inbound):
        yield _outcome(command, random.randrange(SECOND, 10 * MINUTE), OutcomeStatus.FAILED)
        return
    strain = person.mood.strain(at)
    spoken = channel == "call_centre"
    if spoken and not inbound:
        missed = UNANSWERED_CALLS * (0.5 if person.preferred == channel else 1.0) + min(0.1 * strain, 0.3)
        if person.gone or random.random() < missed:
            person.mood.annoy(MISSED_CALL if command.action_class == "marketing" else 0.0, at)
            yield _outcome(command, 40 * SECOND, OutcomeStatus.NO_ANSWER)
            return
    if not spoken:  # the outcome of a call is its end, below
        yield _outcome(command, random.randrange(SECOND, 20 * SECOND), OutcomeStatus.DELIVERED)
    if person.gone:
        yield from _back(person, command, at, random)
    elif command.action_class == "marketing":
        yield from _offered(person, command, at, random)
    else:
        yield from _served(person, command, at, random)


def _served(person: Resident, command: Deliver, at: int, random: Random) -> Iterator[Step]:
    """A service contact calms, an awaited one most; offers that ride on it annoy a little."""
    person.mood.calm(CALMED if _settle(person, command) else EASED, at)
    spoken, delay = command.channel == "call_centre", _delay(command, random)
    agrees = random.random() < AGREES.get(command.channel, 0.03)
    if spoken or agrees:
        yield _outcome(command, delay, OutcomeStatus.ACCEPTED if agrees else OutcomeStatus.DELIVERED)
    elif command.channel == "email" and random.random() < READ["email"] * PREFERRED_HELPS:
        yield _outcome(command, delay, OutcomeStatus.OPENED)
    for rider in command.riders:
        person.mood.annoy(RIDER * _weight(person, command, rider.theme, at), at)
        if random.random() < _yes(person, command.channel, rider.theme, at):
            yield _outcome(command, delay + SECOND, OutcomeStatus.ACCEPTED, rider.action)
            yield from _purchase(person, rider.theme, delay, random)
        elif spoken and random.random() < 0.3:
            yield _outcome(command, delay + SECOND, OutcomeStatus.REFUSED, rider.action)


def _offered(person: Resident, command: Deliver, at: int, random: Random) -> Iterator[Step]:
    """A marketing contact annoys first; then the person reads it or not, answers or not, and protests or not."""
    channel, inbound = command.channel, command.inbound
    person.mood.annoy(_weight(person, command, command.theme, at), at)
    strain, spoken, delay = person.mood.strain(at), channel == "call_centre", _delay(command, random)
    if inbound:
        noticed = random.random() < NOTICED.get(channel, 0.35)
    else:
        noticed = spoken or random.random() < READ.get(channel, 0.4) / (1.0 + 0.5 * strain)
    answer = OutcomeStatus.DELIVERED
    if noticed:
        if channel == "email" and not inbound:
            yield _outcome(command, delay, OutcomeStatus.OPENED)
        answer = _answer(person, command, at, random)
        if answer is OutcomeStatus.ACCEPTED and channel not in SPOKEN:
            yield _outcome(command, delay + 30 * SECOND, OutcomeStatus.CLICKED)
    if answer is not OutcomeStatus.DELIVERED or spoken:
        yield _outcome(command, delay + MINUTE, answer)
    if answer is OutcomeStatus.ACCEPTED:
        yield from _purchase(person, command.theme, delay, random)
    elif not inbound:  # nobody leaves because of a banner
        yield from _protest(person, command, at, strain, delay, random)


def _answer(person: Resident, command: Deliver, at: int, random: Random) -> OutcomeStatus:
    """Yes, no, or nothing."""
    spoken = command.channel in SPOKEN
    if random.random() < _yes(person, command.channel, command.theme, at):
        return OutcomeStatus.ACCEPTED
    at_rest, by_strain = REFUSES
    says_no = min(at_rest + by_strain * person.mood.strain(at), 0.6)
    if spoken:
        says_no += 0.3  # on the telephone silence is no answer
    if random.random() < (says_no if spoken else says_no / 5):
        return OutcomeStatus.REFUSED
    return OutcomeStatus.DELIVERED


def _yes(person: Resident, channel: str, theme: str, at: int, more: float = 0.0) -> float:
    """The probability of a yes: the want, the channel, and less with strain. more: strain that is not there yet."""
    strain = person.mood.strain(at) + more
    liked = PREFERRED_HELPS if channel == person.preferred else OTHERS_HURT
    sells = CALL_SELLS if channel in SPOKEN else 1.0
    return min(person.want(theme, at) * liked * sells / (1.0 + strain * strain), 0.9)


def shown_yes(person: Resident, channel: str, theme: str, at: int) -> float:
    """The probability that an offer which is shown to the person on `channel` at `at` gets a yes. Changes nothing."""
    if person.gone:
        return 0.0
    weight = contact_weight(
        channel, wanted=person.want(theme, at) >= WANTED, looked=person.looked_at(theme, at),
        profiling=person.consents.get(PROFILING, False), inbound=True,
    )  # fmt: skip
    noticed = NOTICED.get(channel, 0.35)
    return (1.0 - FAILS.get(channel, 0.01)) * noticed * _yes(person, channel, theme, at, weight / person.mood.tolerance)


def _protest(
    person: Resident, command: Deliver, at: int, strain: float, delay: int, random: Random
) -> Iterator[Step]:  # fmt: skip
    """Beyond the person's tolerance: a complaint, a withdrawal, and in the end the person leaves."""
    if random.random() < chance(0.12, strain, 1.0, 0.4):
        if random.random() < 0.4:
            yield _outcome(command, delay + 2 * MINUTE, OutcomeStatus.COMPLAINT)
        else:
            where = "call_centre" if person.preferred == "call_centre" else "app" if person.customer else "web"
            after = delay + random.randrange(5 * MINUTE, DAY)
            yield Step(after, "touchpoint", COMPLAINT, "", where, command.theme)
    if random.random() < chance(0.15, strain, 0.8, 0.4):
        stalked = person.looked_at(command.theme, at) and person.consents.get(PROFILING, False)
        if command.channel in ("email", "sms", "push") and random.random() < 0.5:
            yield _outcome(command, delay + 3 * MINUTE, OutcomeStatus.UNSUBSCRIBED)
        else:
            name = PROFILING if stalked and random.random() < 0.7 else OWN_PROMOTION
            yield Step(delay + random.randrange(5 * MINUTE, 6 * HOUR), "withdraw", name)
    if random.random() < chance(0.15, strain, 1.5, 0.5):
        yield Step(delay + random.randrange(HOUR, 3 * DAY), "leave", "annoyed")


def _purchase(person: Resident, theme: str, delay: int, random: Random) -> Iterator[Step]:
    """A yes often becomes a purchase within days. Either way the theme is wanted no more, unless tastes hold for it."""
    if person.tastes is not None and person.tastes.has(theme):
        return
    person.settled.add(theme)
    if theme in PURCHASES and random.random() < BUYS:
        kind, channels = PURCHASES[theme]
        after = delay + random.randrange(HOUR, 4 * DAY)
        yield Step(after, "touchpoint", kind, "purchase", random.choice(channels), theme)


def _back(person: Resident, command: Deliver, at: int, random: Random) -> Iterator[Step]:
    """A person who has left rarely comes back for an offer, and not while they are annoyed."""
    if command.action_class != "marketing" or not person.customer:
        return
    calm = person.mood.strain(at) < CALM
    person.mood.annoy(_weight(person, command, command.theme, at), at)
    if calm and random.random() < RETURNS:
        delay = _delay(command, random)
        yield _outcome(command, delay, OutcomeStatus.ACCEPTED)
        yield Step(delay + HOUR, "touchpoint", "account_opened", "return", "web", "current_account")


def _settle(person: Resident, command: Deliver) -> bool:
    """Take away the question that this contact answers; True if there was one."""
    if command.theme in person.waiting:
        del person.waiting[command.theme]
        return True
    if person.waiting and (command.answers or not command.theme):
        del person.waiting[min(person.waiting, key=lambda theme: (person.waiting[theme].since, theme))]
        return True
    return False


def _weight(person: Resident, command: Deliver, theme: str, at: int) -> float:
    return contact_weight(
        command.channel,
        wanted=person.want(theme, at) >= WANTED,
        looked=person.looked_at(theme, at),
        profiling=person.consents.get(PROFILING, False),
        inbound=command.inbound,
    )


def _delay(command: Deliver, random: Random) -> int:
    """From the delivery to the person's answer, in milliseconds."""
    if command.channel == "call_centre":
        return random.randrange(2 * MINUTE, 9 * MINUTE)
    if command.inbound:
        return random.randrange(10 * SECOND, 3 * MINUTE)
    return round(READ_AFTER.get(command.channel, 4 * HOUR) * min(exp(random.gauss(0.0, 1.0)), 16.0)) + MINUTE


def _outcome(command: Deliver, after: int, status: OutcomeStatus, action: str = "") -> Step:
    return Step(after, "outcome", status.value, action or command.action, command.channel, command.theme)
