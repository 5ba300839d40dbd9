"""The tables of docs/policy.md, drawn from the example bank. `python -m tests.unit.policy.document` redraws them."""

import re
from collections.abc import Callable, Mapping

from garbo.core.policy.actions import Action
from garbo.policy import load
from garbo.policy.schema.documents import JourneyFile
from garbo.policy.yaml_reader import read
from tests.unit.policy.bank import BANK, bank

DOCUMENT = BANK.parents[1] / "docs" / "policy.md"
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def touchpoints() -> str:
    kinds = JourneyFile.model_validate(read(bank()["journey.yaml"]).data).touchpoints
    needs = {kind: need.name for need in load(BANK).needs.values() for kind in need.opened_by}
    rows = [
        f"| `{name}` | {kind.meaning} | {', '.join(kind.channels)} | {kind.interest or ''} | {needs.get(name, '')} |"
        for name, kind in kinds.items()
    ]
    head = [
        "| kind | the customer (or another system) | channels | interest | opens the need |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def actions() -> str:
    rows = [
        f"| `{a.name}` | {a.action_class.value} | {a.purpose} | {a.channel} | {a.theme} | {_triggers(a)} |"
        for a in load(BANK).actions.values()
    ]
    head = ["| action | class | purpose | channel | theme | triggers |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _triggers(action: Action) -> str:
    triggers = dict.fromkeys(t.on if t.name == action.name else f"{t.on} {t.name}" for t in action.triggers)
    return ", ".join([*triggers, *(f"rides on {channel}" for channel in action.rides_on)])


TABLES: Mapping[str, Callable[[], str]] = {"touchpoints": touchpoints, "actions": actions}


def redrawn(text: str) -> str:
    return _TABLE.sub(lambda m: f"{m[1]}{TABLES[m[2]]()}{m[3]}", text)


if __name__ == "__main__":
    DOCUMENT.write_text(redrawn(DOCUMENT.read_text("utf-8")), "utf-8")
