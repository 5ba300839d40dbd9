"""Facts of journeys for tests of the KPIs: one of each kind that decide writes, and Hypothesis strategies of them."""

from hypothesis import strategies as st

from garbo.core.journeys.cells import Cell, CellKey, Paths, fold, positions
from garbo.core.vocabulary.effects import VALUE_LIMIT, Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR

AT = 1_740_568_860_000
IDEAL = {"card": ("interest", "enquiry", "proposal", "active"), "pension": ("interest", "advice", "signed")}
PATHS: Paths = positions(IDEAL)
STAGES = (*IDEAL["card"], "complaint")
CHANNELS = ("web", "email", "branch")
SEGMENTS = ("all", "young")
OBSTACLES = ("", "cap", "rule:too_young", "quiet_hours")


def fact(kind: FlowKind = FlowKind.MOVE, origin: str = "interest", target: str = "", **more: object) -> Flow:
    """A fact of one party in the journey `card`."""
    values: dict[str, object] = {
        "party": "p", "at": AT, "axis": "journey", "origin": origin, "target": target, "trigger": "visit",
        "dwell_ms": HOUR, "kind": kind, "journey": "card", "channel": "web", "segment": "all", **more,
    }  # fmt: skip
    return Flow(**values)  # type: ignore[arg-type]


stages = st.sampled_from(STAGES)
channels = st.sampled_from(CHANNELS)
facts = st.builds(
    Flow,
    party=st.just("p"),
    at=st.integers(AT, AT + 6 * HOUR),
    axis=st.sampled_from(["journey", "journey", "journey", "lifecycle"]),
    origin=stages | st.just(""),
    target=stages | st.just(""),
    trigger=st.just("visit"),
    dwell_ms=st.integers(0, 90 * DAY),
    kind=st.sampled_from(FlowKind),
    journey=st.sampled_from(["card", "pension", ""]),
    sign=st.sampled_from([1, 1, 1, -1]),
    channel=channels,
    to_channel=channels | st.just(""),
    segment=st.sampled_from(SEGMENTS),
    obstacle=st.sampled_from((*OBSTACLES, "answered", "answered_late", "unanswered", "promised")),
    answered_ms=st.integers(-1, 30 * DAY),
    quality=st.sampled_from(["", "positive", "neutral", "negative"]),
    implicit=st.booleans(),
    action=st.sampled_from(["", "call", "offer"]),
    value_customer=st.sampled_from([0, 1, -2_500, 12_345_678, VALUE_LIMIT]),
)


def folded(log: list[tuple[int, Flow]], cells: dict[CellKey, Cell] | None = None) -> dict[CellKey, Cell]:
    """The cells of these facts with their offsets, on top of `cells`."""
    found = {} if cells is None else cells
    changed: set[CellKey] = set()
    for offset, one in log:
        changed.update(fold(lambda key: found.setdefault(key, Cell()), one, offset, PATHS))
    return {key: cell for key, cell in found.items() if cell.upto >= 0}
