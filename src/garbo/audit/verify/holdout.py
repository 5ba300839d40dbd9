"""I17: the control group gets no marketing, and records say truly who is in it.

Who is in it is a function of the party, the period and the salt; it is computed here once more.
"""

from hashlib import blake2b
from typing import Final

from garbo.audit.verify.history import Step
from garbo.audit.verify.log import Command
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import MARKETING, HoldOut, Rules

_BITS: Final = 53  # of a number in [0, 1)


class ControlGroup(Judge):
    def __init__(self, rules: Rules) -> None:
        super().__init__("I17", "the control group gets no marketing")
        self._rule = rules.hold_out

    def event(self, person: Person, step: Step) -> None:
        decision = step.decision
        if decision is None or not decision.competed or not self._rule.share:
            return
        self.result.checked += 1
        if decision.held_out != held_out(self._rule, decision.party, decision.at):
            says = "in" if decision.held_out else "outside"
            self.result.violations.append(f"{decision.place}: {decision.party} is not {says} the control group")

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        made = command.deliver
        if contact.action_class != MARKETING or not self._rule.share:
            return
        self.result.checked += 1
        if held_out(self._rule, made.party, made.at):
            self.result.violations.append(
                f"{command.place}: {contact.action} to {made.party}, who is in the control group"
            )


def held_out(rule: HoldOut, party: str, at: int) -> bool:
    """Is the party in the group at instant `at` (ms)?"""
    named = f"{rule.salt}|{at // rule.period}|{party}"
    seed = int.from_bytes(blake2b(named.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1
    return (seed & (1 << _BITS) - 1) / (1 << _BITS) < rule.share
