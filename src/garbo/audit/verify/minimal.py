"""I20: a command carries only the attributes of a person that its own text or a rider's names, and no sensitive one.

What a text may name besides attributes (the name, the household, the theme, a promised time) has its own rules.
"""

from typing import Final

from garbo.audit.verify.log import Command
from garbo.audit.verify.persons import Judge, Person
from garbo.audit.verify.rules import Rules

GIVEN: Final = frozenset({"name", "household", "topic", "promised_time"})


class Minimal(Judge):
    def __init__(self, rules: Rules) -> None:
        super().__init__("I20", "a command carries only the attributes that its text names, none of them sensitive")
        self._rules = rules

    def command(self, person: Person, command: Command) -> None:
        made = command.deliver
        known = [self._rules.actions.get(name) for name in (made.action, *(rider.action for rider in made.riders))]
        named = {name for action in known if action is not None for name in action.names}
        if None in known:  # another version of the policy had it
            return
        self.result.checked += 1
        for name in sorted(made.parameters.keys() - GIVEN):
            if name in self._rules.sensitive:
                self.result.violations.append(f"{command.place}: {made.action} carries '{name}', which is sensitive")
            elif name not in named:
                self.result.violations.append(f"{command.place}: {made.action} carries '{name}', which no text names")
