"""The tables of docs/policy.md and examples/bank/README.md, drawn from the example bank.

`python -m tests.unit.policy.document` redraws them.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.policy import Policy
from garbo.policy import load
from garbo.policy.cel_words import LOOKUPS, PLAIN, VARIABLES
from tests.unit.policy.bank import BANK

DOCUMENT = BANK.parents[1] / "docs" / "policy.md"
STORY = BANK / "README.md"
PAGES = (DOCUMENT, STORY)
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def touchpoints(bank: Policy) -> str:
    needs = {kind: need.name for need in bank.needs.values() for kind in need.opened_by}
    head = ["kind", "the customer (or another system)", "channels", "interest", "opens the need", "tells"]
    rows = []
    for name, kind in bank.touchpoints.items():
        told = [kind.tone, "public" * kind.public, "asks" * kind.asks]
        rows.append(
            [f"`{name}`", kind.meaning, ", ".join(kind.channels), str(kind.interest or ""), needs.get(name, ""),
             ", ".join(filter(None, told))]
        )  # fmt: skip
    return table(head, rows)


def offers(bank: Policy) -> str:
    """Every action of a group, group by group."""
    rows = []
    for group in bank.groups.values():
        rows += [
            [group.label["en"], f"`{a.name}`", title(a), whom(a), when(a), channels(a)]
            for a in bank.actions.values()
            if a.group == group.name
        ]
    return table(["group", "action", "what", "to whom", "when", "how"], rows)


def services(bank: Policy) -> str:
    """Every action outside the groups: what is owed, and what somebody asked for."""
    rows = [
        [f"`{a.name}`", title(a), a.action_class.value, a.purpose, when(a), channels(a)]
        for a in bank.actions.values()
        if not a.group
    ]
    return table(["action", "what", "class", "purpose", "when", "how"], rows)


def answers(bank: Policy) -> str:
    """For each need: by when, what answers it in order of worth, and what comes when nothing did."""
    rows = []
    for need in bank.needs.values():
        given = [a for a in bank.actions.values() if need.name in a.answers]
        late = [a for a in given if any(t.on == "overdue" and t.name == need.name for t in a.when)]
        now = [f"`{a.name}` ({', '.join(ways(a))})" for a in given if a not in late]
        escalation = [f"`{a.name}` ({', '.join(ways(a))})" for a in late]
        within = f"{need.answer_within // 60_000} min" if need.answer_within < 7_200_000 else (
            f"{need.answer_within // 3_600_000} h"
        )  # fmt: skip
        rows.append([f"`{need.name}`", within, "; ".join(now), "; ".join(escalation)])
    return table(["need", "answered within", "by", "and when nobody did, by"], rows)


def variables(_: Policy) -> str:
    rows = [[f"`{name}`", KINDS[v.type.kind], v.means, "yes" * v.behaviour] for name, v in VARIABLES.items()]
    return table(["name", "kind", "means", "behaviour"], rows)


def lookups(_: Policy) -> str:
    rows = []
    for name, function in LOOKUPS.items():
        takes = ", ".join(EXAMPLES[argument] for argument in function.arguments)
        rows.append([f"`{name}({takes})`", KINDS[function.type.kind], function.means, "yes" * function.behaviour])
    return table(["function", "gives", "means", "behaviour"], rows)


def functions(_: Policy) -> str:
    return table(["function", "means"], [[f"`{name}`", means] for name, means in PLAIN.items()])


# The kinds as attributes.yaml writes them.
KINDS = {"instant": "instant", "list": "list of strings"} | {k: k for k in ("int", "float", "string", "date")}
EXAMPLES = {
    "theme": '"travel"', "touchpoint": '"page_view"', "channel": '"email"', "window": '"7d"', "date": "contract_end",
}  # fmt: skip

TABLES: Mapping[str, Callable[[Policy], str]] = {
    "touchpoints": touchpoints,
    "offers": offers,
    "services": services,
    "answers": answers,
    "variables": variables,
    "lookups": lookups,
    "functions": functions,
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def title(action: Action) -> str:
    return action.title["en"]


def whom(action: Action) -> str:
    return ", ".join([*(action.lifecycle or ("anybody",)), *(f"in {stage}" for stage in action.stages)])


def ways(action: Action) -> list[str]:
    """The treatments in order: the channel, and whether it is shown to somebody who asks, or all can read it."""
    return [f"{t.channel}{' (shown)' * t.inbound}{' (public)' * t.public}" for t in action.treatments]


def channels(action: Action) -> str:
    return ", ".join(ways(action))


def when(action: Action) -> str:
    found: dict[str, list[str]] = {}
    for trigger in action.when:
        what, which = _when(action, trigger)
        found.setdefault(what, []).extend([which] if which else [])
    said = [" ".join(filter(None, (what, " / ".join(dict.fromkeys(which))))) for what, which in found.items()]
    return ", ".join([*said, *(f"rides on {channel}" for channel in action.rides_on)])


def _when(action: Action, trigger: Trigger) -> tuple[str, str]:
    """What an entry of `when` waits for, and which of it."""
    if trigger.of_action:
        return f"{trigger.name} of", trigger.of_action
    words = "" if trigger.name == action.name else trigger.name
    if trigger.times:
        words += f" x {trigger.times}"
    if trigger.after_action:
        words += f" after {trigger.after_action}"
    return trigger.on, words


def redrawn(text: str) -> str:
    bank = load(BANK)
    return _TABLE.sub(lambda m: f"{m[1]}{TABLES[m[2]](bank)}{m[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(redrawn(page.read_text("utf-8")), "utf-8")
