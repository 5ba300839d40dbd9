"""I14: no stalking. Contacts about what a person merely looked at have a cap of their own and wait for its delay.

An offer is about a look when the decision that chose it was on a touchpoint that shows behaviour. Planned ones count
when they are made, so a window that holds a later contact is looked at when that one is made.
"""

from garbo.audit.verify.caps import crowded
from garbo.audit.verify.log import Command
from garbo.audit.verify.origins import Origins
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import Rules


class RemarketingCap(Judge):
    def __init__(self, rules: Rules, origins: Origins) -> None:
        super().__init__("I14", "offers about mere looks keep their cap and their delay")
        self._limits, self._origins = rules.remarketing, origins

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        limits = self._limits
        if limits is None or not contact.look:
            return
        self.result.checked += 1
        what = f"{command.place}: {contact.action} to {command.deliver.party}"
        looks = [c.at for c in person.contacts if c.look]
        if crowded(contact.at, looks, limits.limit, limits.window):
            self.result.violations.append(
                f"{what} is over remarketing ({limits.limit} in {limits.window // 3_600_000} h)"
            )
        looked = self._origins.look(contact.action_id)
        if looked is not None and contact.at < looked + limits.delay:
            self.result.violations.append(f"{what} comes {contact.at - looked} ms after the look, not {limits.delay}")
