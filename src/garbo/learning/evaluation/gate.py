"""The gate: may a challenger replace its champion? A test that one may look at after each example.

At a contested decision one draw is made from (1 - share) * b + share * t, where b and t are the champion's and the
challenger's probabilities of an option. Of each contested contact the gate takes d = (t - b) / mixture * reward, with
reward = label * value - cost, in euro. The mean of d is by how much a decision of the challenger earns more than one
of the champion. Silence and a cancelled contact earn nothing, so d is 0 and there is no example of them.

Rules
 1. The e-value is the capital of `capital.py`, for the null "the challenger earns no more": bets with the stakes and
    the weights of the gamma-exponential mixture of `mixture.py`. Its rho is fixed by the rules before the first
    example. Promotion at 1 / alpha; looking as often as one likes is allowed, and what was proved stays proved. The
    lower bound of the gain is the mixture's own, which is a little wider than the e-value.
 2. The mixture draw bounds the weight: t - b is at most mixture / share, b - t at most mixture / (1 - share). The rules
    bound the reward: a value over `most_value` counts as `most_value`, a cost over `most_cost` as `most_cost`, for
    both models. So d has a lower bound, which the mixture needs.
 3. Only a contested draw under these rules counts: its three probabilities satisfy the equation above. This is known
    before the outcome, so it selects nothing by success.
 4. Examples arrive in the order in which windows close, and windows differ by channel. A challenger that prefers a fast
    channel would look good only because its successes arrive first. So examples are gathered by the period of their
    decision, and a period counts only when its last window has closed.
 5. Changed rules begin a new test: evidence under one share or rho is not evidence under another. What was proved in
    the same contest (the same champion and share) stays proved: an offer's new value takes no promotion back.
"""

from math import exp, inf, isfinite, log
from typing import Final

from msgspec import Struct, field

from garbo.core.policy.models import GateOptions
from garbo.learning.evaluation.capital import growth, log_capital
from garbo.learning.evaluation.mixture import best_rho, boundary

_PERIODS: Final = 16  # into which the longest window is cut: so many sums are held back, and a wait 1/16 longer
_SAME: Final = 1e-6  # probabilities may have been written as decimals
_FAR: Final = 1e12
_MOST_LOG: Final = 700.0  # exp of more is no float


class GateRules(Struct, frozen=True, array_like=True):
    """What is fixed before the test.

    share: of the contested decisions that the challenger makes, over 0 and under 1. most_value, most_cost: bounds of a
    reward, in euro. alpha: the probability of a false promotion, at most; half of the 2.5 % that are allowed, because
    two challengers may be on trial. best_at: the number of examples at which the test is the sharpest; a factor of ten
    beside it costs little. hold: the longest window of a target, in milliseconds; 0: examples arrive in the order of
    their decisions. against: the champion's id.

    Raises:
        ValueError: a number is outside its range.
    """

    share: float
    most_value: float
    most_cost: float = 0.0
    alpha: float = 0.0125
    best_at: int = GateOptions().best_at
    hold: int = 0
    against: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise ValueError("the challenger's share must be over 0 and under 1")
        if not 0.0 < self.alpha < 0.5:
            raise ValueError("alpha must be over 0 and under 0.5")
        if not (0.0 < self.most_value < inf and 0.0 <= self.most_cost < inf):
            raise ValueError("the bounds of value and cost must be finite, and the value's over 0")
        if self.best_at < 1 or self.hold < 0:
            raise ValueError("best_at must be at least 1, hold at least 0")

    @property
    def scale(self) -> float:
        """No d is below minus this, in euro."""
        return max(self.most_value / (1.0 - self.share), self.most_cost / self.share)

    @property
    def rho(self) -> float:
        """The mixture's rho: tight after `best_at` examples, each of 1 % of most_value^2 / share squared euro."""
        return best_rho(self.best_at * 0.01 * self.most_value**2 / self.share, self.alpha)


class Held(Struct, array_like=True):
    """The sums of a period whose windows are not all closed, as in `GateState`. until: the end of the period, ms."""

    until: int
    total: float = 0.0
    squares: float = 0.0
    count: int = 0
    grown: list[float] = field(default_factory=list)


class GateState(Struct, array_like=True):
    """Plain numbers, to be kept in the challenger's row.

    total, squares: sums of d and d * d, in euro and euro^2, of `count` examples. held: periods that do not count yet,
    the oldest first. proved_at: the instant (ms) at which the evidence first sufficed; 0: not yet. other: examples that
    were no contested draw under these rules. grown: by stake, the sum of the logs of its factors; empty: no example.
    """

    rules: GateRules | None = None
    total: float = 0.0
    squares: float = 0.0
    count: int = 0
    held: list[Held] = field(default_factory=list)
    proved_at: int = 0
    other: int = 0
    grown: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not (isfinite(self.total) and 0.0 <= self.squares < inf and all(map(isfinite, self.grown))):
            raise ValueError("a sum of the gate is not finite, or negative")


class Verdict(Struct, frozen=True):
    """What the gate says now.

    promote: the evidence sufficed at some time. evidence: the e-value now; promotion needs `needed`. gain: the mean of
    d in euro per contested contact, and at_least its lower bound with confidence 1 - alpha, valid at every look.
    examples: that count. held: whose windows are not all closed. more: about how many more are needed at this share if
    the gain stays; None: there is no lead yet. sentence: the same for a person.
    """

    promote: bool
    evidence: float
    needed: float
    gain: float
    at_least: float
    examples: int
    held: int
    more: int | None
    sentence: str


def difference(
    rules: GateRules, champion: float, challenger: float, mixture: float, label: int, value: float, cost: float
) -> float | None:
    """d of one example in euro; None if this was no contested draw under `rules` (rule 3).

    champion, challenger, mixture: the probabilities of the chosen option. value, cost: of a yes and of the contact.
    """
    expected = (1.0 - rules.share) * champion + rules.share * challenger
    if not (0.0 < mixture and 0.0 <= champion <= 1.0 and 0.0 <= challenger <= 1.0):
        return None
    if abs(mixture - expected) > _SAME * expected:
        return None
    if not (isfinite(value) and isfinite(cost)):
        return None
    reward = label * min(max(value, 0.0), rules.most_value) - min(max(cost, 0.0), rules.most_cost)
    return (challenger - champion) / expected * reward


def observe(
    state: GateState,
    rules: GateRules,
    *,
    champion: float,
    challenger: float,
    mixture: float,
    label: int,
    value: float,
    cost: float,
    decided_at: int = 0,
    now: int = 0,
    contacts: int = 1,
) -> None:
    """Take one example.

    decided_at: when its contact was chosen; now: how far the examples have come (both ms). contacts: 0 for a further
    example of a contact that has been counted.
    """
    if state.rules != rules:
        restart(state, rules)
    d = difference(rules, champion, challenger, mixture, label, value, cost)
    if d is None:
        state.other += 1
    elif not rules.hold or decided_at + rules.hold <= now:
        _add(state, d, d * d, contacts, growth(d, rules.scale, rules.rho))
    else:
        _add(_period(state, rules, decided_at), d, d * d, contacts, growth(d, rules.scale, rules.rho))
    settle(state, rules, now)


def settle(state: GateState, rules: GateRules, now: int) -> None:
    """Count the periods whose windows have closed at `now` (ms), and note whether the evidence suffices."""
    while state.held and state.held[0].until + rules.hold <= now:
        first = state.held.pop(0)
        _add(state, first.total, first.squares, first.count, first.grown)
    if not state.proved_at and _suffices(state, rules):
        state.proved_at = max(now, 1)


def restart(state: GateState, rules: GateRules) -> None:
    """Forget the evidence and begin a test under `rules`. What was proved in another contest is forgotten as well."""
    if not proved(state, rules.share, rules.against):
        state.proved_at = 0
    state.rules, state.total, state.squares, state.count = rules, 0.0, 0.0, 0
    state.held, state.other, state.grown = [], 0, []


def proved(state: GateState, share: float, against: str) -> bool:
    """Was the lead over `against` at this share proved, now or earlier?"""
    rules = state.rules
    return bool(state.proved_at) and rules is not None and (rules.share, rules.against) == (share, against)


def verdict(state: GateState, rules: GateRules) -> Verdict:
    """What the state says under `rules`, with figures."""
    promote = proved(state, rules.share, rules.against)
    current = state if state.rules == rules else GateState(rules)
    needed = -log(rules.alpha)
    reached = log_capital(current.grown, rules.scale, rules.rho)
    bound = boundary(current.squares, needed, rules.scale, rules.rho)
    gain = current.total / current.count if current.count else 0.0
    least = (current.total - bound) / current.count if current.count else -rules.scale
    more = 0 if promote else _more(current, rules, needed)
    return Verdict(
        promote=promote,
        evidence=exp(min(reached, _MOST_LOG)),
        needed=1.0 / rules.alpha,
        gain=gain,
        at_least=max(least, -rules.scale),
        examples=current.count,
        held=sum(held.count for held in current.held),
        more=more,
        sentence=_sentence(promote, reached >= needed, current, gain, least, more),
    )


def _add(to: GateState | Held, total: float, squares: float, count: int, grown: list[float]) -> None:
    to.total, to.squares, to.count = to.total + total, to.squares + squares, to.count + count
    to.grown = [a + b for a, b in zip(to.grown, grown, strict=True)] if to.grown else grown


def _period(state: GateState, rules: GateRules, decided_at: int) -> Held:
    """The sums of the period of a decision; made in its place if it is the period's first."""
    length = max(rules.hold // _PERIODS, 1)
    until = (decided_at // length + 1) * length
    place = len(state.held)
    while place and state.held[place - 1].until >= until:
        place -= 1
        if state.held[place].until == until:
            return state.held[place]
    state.held.insert(place, Held(until))
    return state.held[place]


def _suffices(state: GateState, rules: GateRules) -> bool:
    needed = -log(rules.alpha)
    if max(state.grown, default=0.0) < needed:  # the capital is a mean of the stakes', so it is below their largest
        return False
    return log_capital(state.grown, rules.scale, rules.rho) >= needed


def _more(state: GateState, rules: GateRules, needed: float) -> int | None:
    """About how many more examples prove the lead, if they are like those until now; None without a lead."""
    if state.total <= 0.0 or state.count < 1:
        return None
    low, high = 1.0, 2.0
    while log_capital(state.grown, rules.scale, rules.rho, high) < needed:
        low, high = high, 2.0 * high
        if high * state.count > _FAR:
            return None
    while high - low > 0.01 * high:
        middle = (low + high) / 2.0
        if log_capital(state.grown, rules.scale, rules.rho, middle) < needed:
            low = middle
        else:
            high = middle
    return max(int((high - 1.0) * state.count), 1)


def _sentence(promote: bool, now: bool, state: GateState, gain: float, least: float, more: int | None) -> str:
    if promote:
        begins = "The challenger earns more" if now else "It was proved earlier that the challenger earns more"
        return (
            f"{begins}: {gain:+.4f} euro a contested contact after {state.count:,} examples, at least {least:+.4f} now."
        )
    if not state.count:
        return "There is no contested contact with a known outcome yet."
    if more is None:
        return f"The challenger does not lead after {state.count:,} examples: {gain:+.4f} euro a contested contact."
    return (
        f"The challenger leads by {gain:+.4f} euro a contested contact after {state.count:,} examples; "
        f"to prove it takes about {_rounded(more):,} more decisions at this share."
    )


def _rounded(count: int) -> int:
    """To one digit over 10, so that nobody takes it for exact."""
    digits = len(str(count)) - 1
    return max(round(count, -digits), 1) if digits else count
