"""A town in which an offer that leads on loses to another one: week by week as facts, with the real score and choice.

Who is in the hold-out gets neither. Everybody's own luck is a function of the person, so that two runs differ in what
the weight changes and in nothing else.
"""

import json
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate
from garbo.core.choice.hold_out import held_out
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.ids import draw, fingerprint
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.policy import load_text
from tests.unit.policy.bank import sample

WEEK: Final = 7 * DAY
PATIENCE: Final = 2 * DAY
START: Final = 1_767_571_200_000  # Monday, 5 January 2026
PARTIES: Final = 3000
"""New ones, each week."""

OURS, RIVAL = "sms_pension_offer", "offer_credit_card"


def texts() -> dict[str, str]:
    """The sample policy, where `wish` of `pension` tolerates few that are outranked, and 40 % are in the hold-out."""
    found = sample()
    for file, old, new in (
        ("journey.yaml", "tolerate: {consent: 0.3}", "tolerate: {outranked: 0.02}\n        patience: 2d"),
        ("policy.yaml", "share: 0.05", "share: 0.4"),
    ):
        assert old in found[file]
        found[file] = found[file].replace(old, new, 1)
    return found


def policy() -> Policy:
    return load_text(texts())


def lived(folder: Path, by: Policy, week: int, effect: float, parties: int = PARTIES) -> int:
    """One week on, written as facts into `folder`. effect: how much more of those go onward who get our offer.

    Returns:
        How many have gone onward.
    """
    known, lines, onward = compiled(by), list[dict[str, Any]](), 0
    for n in range(parties):
        party = f"w{week}n{n}"
        at = START + week * WEEK + n * (WEEK - 4 * DAY) // parties
        luck = [draw(fingerprint(f"{party}|{what}")) for what in ("rival", "moves")]
        if held_out(by.hold_out, party, at):
            made, obstacle = "", "rule:held_out"
        else:
            made = chosen(known, 120 * luck[0])
            obstacle = "" if made == OURS else f"outranked:{made}"
        moves = luck[1] < 0.3 + effect * (made == OURS)
        onward += moves
        lines.append(_fact(len(lines), party, at, "enter", "", "wish"))
        dwell, kind = (HOUR, "move") if moves else (PATIENCE, "drop")
        after = {"dwell_ms": dwell, "obstacle": obstacle, "answered_ms": MINUTE if made == OURS else -1}
        lines.append(_fact(len(lines), party, at + dwell, kind, "wish", "offer" * moves, **after))
    lines.sort(key=lambda line: int(line["at"]))
    text = "".join(json.dumps(line | {"offset": n + 10**6 * week}) + "\n" for n, line in enumerate(lines))
    (folder / f"journey-flows-{week:02}.jsonl").write_text(text, "utf-8")
    return onward


def chosen(known: CompiledPolicy, worth: float) -> str:
    """Our offer is worth 10 a yes in ten; the rival is worth up to 120 a yes in ten."""
    weight = known.weighed.get(OURS, {}).get(("pension", "wish"), 1.0)
    ours = _candidate(known, OURS, 50.0)
    ours.feedback, ours.narrows = weight, "pension/wish" if weight != 1.0 else ""
    both = [ours, _candidate(known, RIVAL, worth)]
    settings = replace(known.policy.arbitration, exploration=0.0, silence_score=0.0)
    for candidate in both:
        arbitration.score(candidate, "", "", 0.0, settings)
    found = arbitration.choose(both, settings, 1).chosen
    assert found is not None
    return found.action.name


def _candidate(known: CompiledPolicy, name: str, value: float) -> Candidate:
    action = replace(known.policy.actions[name], context={}, lever=1.0)
    return Candidate(action, replace(action.treatments[0], cost=0.0), 0, value_company=value, propensity=0.1)


def _fact(number: int, party: str, at: int, kind: str, origin: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "partition": 0, "offset": number, "axis": "journey", "journey": "pension", "party": party, "at": at,
        "kind": kind, "origin": origin, "target": target, "dwell_ms": 0, "channel": "web", "to_channel": "web",
        "segment": "all", **more,
    }  # fmt: skip
