"""The summary of a town as text, readable at 80 columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from garbo.simulation.summary import CLASSES

_COLUMNS: Final = 80


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """`Summary.data` as lines of at most 80 columns."""
    town = data["town"]
    total = sum(data["messages"].values())
    yield f"{town['persons']:,} persons, {town['customers_at_start']:,} of them customers at the start."
    yield (
        f"{total:,} messages and {data['decisions']:,} decisions in {data['seconds']:,.0f} s "
        f"({data['messages_per_second']:,.0f} messages/s)."
    )
    if data["dead_letters"]:
        yield f"{data['dead_letters']:,} messages could not be used (dead letters)."
    yield from _table("Commands, by channel and class", data["commands"])
    shown, weeks = data["commands_shown_to_who_asked"], data["marketing_contacts_per_person_and_week"]
    yield f"  of them shown to somebody who was asking: {shown:,}"
    yield "  marketing contacts per person and week, where there were any:"
    yield f"  median {weeks['median']:g}, 90% up to {weeks['p90']:g}, most {weeks['most']:g}"
    yield from _table("Answers, by channel and status", data["answers"])
    yield ""
    yield f"Purchases after an accepted offer: {data['purchases']:,}"
    yield from _row("Complaints, by theme", data["complaints"])
    yield from _row("Customers lost", data["customers_lost"])
    yield from _row("Others lost", data["others_lost"])
    yield from _row("Consents refused or withdrawn", data["consents_refused_or_withdrawn"])
    yield from _row("Consents withdrawn because of us", data["consents_withdrawn_because_of_us"])
    yield f"Questions beyond the person's patience: {town.get('beyond_patience', 0):,}"
    yield from _table("Needs, by kind and end", data["needs"])
    if data["needs_unanswered"]:
        yield from _table("Needs without an answer, by kind and reason", data["needs_unanswered"])
    yield from _table("Decisions without an action, by point and reason", data["silence"])
    yield f"  {data['held_out']:,} decisions were about somebody in the control group"
    yield from _optionality(data["points"])


def _optionality(points: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "Feasible actions per decision, by point (indented: consenting customers)"
    head = "".join(f"{name:>7}" for _, name in CLASSES)
    yield f"  {'':<16}{'decisions':>10}{'median':>7}{head}{'silent':>8}"
    for point, found in points.items():
        yield _point(f"  {point}", found)
        if found["consenting_customers"]["decisions"]:
            yield _point("    consenting", found["consenting_customers"])


def _point(name: str, found: Mapping[str, Any]) -> str:
    classes = "".join(f"{_short(count):>7}" for count in found["feasible_actions"].values())
    median, silent = f"{found['feasible_actions_median']:g}", f"{found['without_action']:.1%}"
    return f"{name:<18}{found['decisions']:>10,}{median:>7}{classes}{silent:>8}"


def _short(count: int) -> str:
    """A count in at most six characters."""
    return f"{count:,}" if count < 10_000 else f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1e6:.1f}M"


def _table(title: str, rows: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    yield ""
    yield title
    if not rows:
        yield "  none"
    for name, cells in rows.items():
        yield from _wrapped(f"  {name:<22}", [f"{cell} {count:,}" for cell, count in cells.items()])


def _row(title: str, cells: Mapping[str, int]) -> Iterator[str]:
    texts = [f"{name or 'no theme'} {count:,}" for name, count in cells.items()]
    yield from _wrapped(f"{title}: {sum(cells.values()):,}  ", texts)


def _wrapped(head: str, texts: list[str]) -> Iterator[str]:
    """`head` and the texts, comma between them; continued lines are indented."""
    line = head
    for number, text in enumerate(texts):
        piece = text + ("," if number + 1 < len(texts) else "")
        if len(line) + len(piece) > _COLUMNS:
            yield line.rstrip()
            line = " " * min(len(head), 24)
        line += piece + " "
    yield line.rstrip()
