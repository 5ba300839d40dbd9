"""I4: nothing is sent without the consents that its purpose needs, `personal_data` among them."""

from garbo.audit.verify.log import Command
from garbo.audit.verify.persons import Contact, Judge, Person
from garbo.audit.verify.rules import Rules


class Consents(Judge):
    def __init__(self, rules: Rules) -> None:
        super().__init__("I4", "nothing is sent without the consents its purpose needs")
        self._rules = rules

    def contact(self, person: Person, command: Command, contact: Contact) -> None:
        self.result.checked += 1
        needed = self._rules.needed(contact.purpose, contact.action)
        if needed is None:
            self.result.violations.append(f"{command.place}: the purpose {contact.purpose!r} is not declared")
            return
        for consent in sorted(needed):
            held = person.consents.get(consent)
            if held is None or not held.granted:
                why = "never given" if held is None else "withdrawn"
                self.result.violations.append(
                    f"{command.place}: {contact.action} to {command.deliver.party} for {contact.purpose}, "
                    f"but {consent} was {why}"
                )
