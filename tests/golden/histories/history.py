"""Committed histories: streams of facts as JSON lines, and what was decided about them, line by line.

`NAME.jsonl` is the input, one fact a line, for ever. `NAME.decisions` is what came of it, one line a decision that did
or held back something, and a digest over every record, score and command. Texts of messages are not decisions.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import InboundBody
from garbo.processors.ports import InboundMessage
from garbo.testing.builders import ZONE
from garbo.testing.driver import Driver
from tests.golden.histories.playing import play

FOLDER = Path(__file__).parent
DAY = 86_400_000


class Line(Struct):
    """One fact as it stands in the file."""

    event_id: str
    at: int
    body: InboundBody


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def read(name: str) -> list[InboundMessage]:
    lines = (FOLDER / f"{name}.jsonl").read_bytes().splitlines()
    return [
        InboundMessage(line.event_id, line.at, line.body) for line in (json.decode(raw, type=Line) for raw in lines)
    ]


def write(name: str, facts: list[InboundMessage]) -> None:
    """For a new history only: an old one's input never changes."""
    lines = [json.encode(Line(*fact), order="sorted") for fact in facts]
    (FOLDER / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def replayed(name: str) -> Driver:
    """The history through the driver, and ten days more for what was planned."""
    facts = read(name)
    return play(facts, facts[-1].at + 10 * DAY)


def decisions(name: str) -> str:
    """What `NAME.decisions` should say."""
    driver = replayed(name)
    records = sorted(driver.decisions(), key=lambda r: (r.at, r.party, r.event_id))
    seen = [*map(_bare, records), *(_bare(c) for c in sorted(driver.commands(), key=lambda c: c.action_id))]
    digest = blake2b(json.encode(seen, order="sorted"), digest_size=12).hexdigest()
    head = f"{len(records)} records, {len(driver.commands())} commands, digest {digest}"
    return "\n".join([head, *_lines(records)]) + "\n"


def _bare(effect: Any) -> dict[str, Any]:
    """Without the policy's version, the wording and the place: a rephrased message is no changed decision."""
    names = zip(effect.__struct_encode_fields__, effect.__struct_fields__, strict=True)
    found = {wire: getattr(effect, name) for wire, name in names}
    for name in ("policy_version", "message", "parameters", "riders", "partition", "offset", "prior_state", "state"):
        found.pop(name, None)
    found["riders"] = [getattr(r, "action", r) for r in effect.riders]
    if isinstance(effect, DecisionRecord):
        found["pressure"] = round(effect.pressure, 6)
        found["scored"] = [(s.action, round(s.score, 6), round(s.probability, 6), s.reason) for s in effect.scored]
    return found


def _lines(records: list[DecisionRecord]) -> Iterator[str]:
    for record in records:
        said = []
        if record.chosen:
            said.append(" + ".join([record.chosen, *record.riders]))
            if record.placed_at > record.at:
                said.append(f"at {_local(record.placed_at)}")
        said += [f"not {b.action} ({b.reason.value} {b.detail})" for b in record.blocked]
        said += [f"need {n.kind}/{n.theme} {n.end.value} ({n.detail})" for n in record.needs_closed]
        if said:
            what = f"{record.event_type}/{record.event_kind}"
            yield f"{_local(record.at)} {record.party[:8]} {what}: {'; '.join(said)}"


def _local(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, ZONE).strftime("%Y-%m-%d %H:%M")
