"""The map as one SVG without script or font: a band for each journey, its ideal path from left to right.

Rules
 1. Stages of the ideal path stand on one line, the others on a line below. Whose turn it is gives the colour.
 2. Moves along the path arch above the line, returns below it. Moves from anywhere are named under their target's box,
    so that no arrow crosses the whole picture. The same move from several stages to the side is named once.
 3. A legend says what colours and borders mean.
 4. The same map gives the same bytes.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from garbo.core.policy.journey import ANYWHERE, COMPANY, Journey, StageDefinition
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.policy.maps.arrows import START, Arrow, arrows
from garbo.policy.maps.mermaid import label

BOX: Final = (150, 56)
STEP: Final = 260
MARGIN: Final = 40
PATH_Y: Final = 180
SIDE_Y: Final = 345
BAND: Final = {False: 300, True: 430}  # the height: without stages beside the path, and with
FILL: Final = {True: "#fde9d0", False: "#dcebf7"}
INK: Final = {True: "#b3651a", False: "#2b6690"}
LEGEND: Final = (
    "orange: the company's turn; blue: the customer's; dashed: optional; thick: the goal; double: another end; "
    "* from every stage, and from before the first"
)
FOOT: Final = 40  # the height of the legend
LONGEST: Final = 34  # characters of what an arrow says; the whole is its title
BETWEEN: Final = 20  # between neighbours

_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
    'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="{name}">'
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>'
    '<rect width="100%" height="100%" fill="#fff"/>'
)


class Spot(NamedTuple):
    """The middle of a box."""

    x: int
    y: int


def svg(journeys: Mapping[str, Journey], language: str, name: str = "map") -> str:
    """The picture of `journeys`; labels in `language`, else the first one that there is."""
    bands = list(journeys.values())
    columns = max((max(len(_path(j)), len(_side(j)) + 1) for j in bands), default=1)
    width, height = MARGIN * 2 + 90 + STEP * columns, sum(_height(j) for j in bands) + FOOT
    parts = [_HEAD.format(width=width, height=height, name=escape(name, {'"': "&quot;"}))]
    top = 0
    for journey in bands:
        parts.append(f'<g transform="translate(0 {top})">')
        parts += _band(journey, language, width)
        parts.append("</g>")
        top += _height(journey)
    parts.append(f'<text x="{MARGIN}" y="{height - FOOT // 2}" font-size="11" fill="#666">{escape(LEGEND)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _height(journey: Journey) -> int:
    return BAND[bool(_side(journey))]


def _path(journey: Journey) -> list[str]:
    return list(journey.ideal or journey.stages)


def _side(journey: Journey) -> list[str]:
    return [name for name in journey.stages if name not in _path(journey)]


def _band(journey: Journey, language: str, width: int) -> Iterator[str]:
    spots = {START: Spot(MARGIN + 20, PATH_Y)}
    spots |= {name: Spot(MARGIN + 90 + BOX[0] // 2 + STEP * i, PATH_Y) for i, name in enumerate(_path(journey))}
    spots |= {name: Spot(MARGIN + 90 + STEP + BOX[0] // 2 + STEP * i, SIDE_Y) for i, name in enumerate(_side(journey))}
    drawn = arrows(journey)
    title = escape(label(journey.label, language, journey.name))
    yield f'<text x="{MARGIN}" y="34" font-size="18" font-weight="600">{title}</text>'
    yield f'<text x="{MARGIN}" y="54" fill="#666">{escape(", ".join(journey.themes))}</text>'
    yield f'<line x1="0" x2="{width}" y1="{_height(journey) - 1}" y2="{_height(journey) - 1}" stroke="#ddd"/>'
    if any(arrow.origin == START for arrow in drawn):
        yield f'<circle cx="{spots[START].x}" cy="{PATH_Y}" r="12" fill="#fff" stroke="#555" stroke-width="2"/>'
    named: set[tuple[str, tuple[str, ...]]] = set()
    for arrow in drawn:
        if arrow.origin == ANYWHERE:
            continue
        move = (arrow.target, tuple(arrow.triggers))
        yield _arrow(arrow, spots, mute=move in named and spots[arrow.origin].y != spots[arrow.target].y)
        named.add(move)
    anywhere = {arrow.target: ", ".join(arrow.triggers) for arrow in drawn if arrow.origin == ANYWHERE}
    goal = journey.goal.stage if journey.goal is not None else ""
    for name, stage in journey.stages.items():
        ends = "goal" if name == goal else "end" if name in journey.ends else ""
        yield from _box(spots[name], stage, label(stage.label, language, name), ends, anywhere.get(name, ""))


def _box(spot: Spot, stage: StageDefinition, text: str, ends: str, anywhere: str) -> Iterator[str]:
    ours = stage.turn == COMPANY
    x, y = spot.x - BOX[0] // 2, spot.y - BOX[1] // 2
    stroke = 4 if ends == "goal" else 1.5
    dash = ' stroke-dasharray="5 3"' if stage.optional else ""
    yield (
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="10" fill="{FILL[ours]}" stroke="{INK[ours]}" '
        f'stroke-width="{stroke}"{dash}><title>{escape(_described(stage))}</title></rect>'
    )
    if ends == "end":
        yield (
            f'<rect x="{x + 4}" y="{y + 4}" width="{BOX[0] - 8}" height="{BOX[1] - 8}" rx="7" fill="none" '
            f'stroke="{INK[ours]}"/>'
        )
    named = escape(_short(text, 22))
    yield f'<text x="{spot.x}" y="{spot.y - 3}" text-anchor="middle" font-weight="600">{named}</text>'
    if stage.patience:
        said = f"patience {_span(stage.patience)}"
        yield f'<text x="{spot.x}" y="{spot.y + 15}" text-anchor="middle" fill="#666" font-size="11">{said}</text>'
    if anywhere:
        yield (
            f'<text x="{spot.x}" y="{spot.y + 45}" text-anchor="middle" fill="#666" font-size="10">* '
            f"{escape(_short(anywhere, LONGEST))}<title>{escape(anywhere)}</title></text>"
        )


def _arrow(arrow: Arrow, spots: Mapping[str, Spot], *, mute: bool) -> str:
    """An arch above the line for a step onward, below for a return; straight to the neighbour and to the side.

    mute: what it says stands in its title only.
    """
    a, b = spots[arrow.origin], spots[arrow.target]
    half, radius = BOX[0] // 2, 12 if arrow.origin == START else BOX[0] // 2
    said, most = ", ".join(arrow.triggers), LONGEST
    if a.y == b.y and 0 < b.x - a.x <= STEP:
        path, at = f"M{a.x + radius} {a.y} L{b.x - half} {b.y}", Spot((a.x + radius + b.x - half) // 2, a.y - 8)
        most = BETWEEN if arrow.origin != START else BETWEEN // 2
    elif a.y == b.y:
        up = -1 if b.x > a.x else 1
        rise = min(105, 22 + abs(b.x - a.x) // 11)
        top, edge = a.y + up * (BOX[1] // 2 + rise), BOX[1] // 2 if arrow.origin != START else 12
        path = f"M{a.x} {a.y + up * edge} C{a.x} {top} {b.x} {top} {b.x} {b.y + up * BOX[1] // 2}"
        at = Spot((a.x + b.x) // 2, a.y + up * (BOX[1] // 2 + rise * 3 // 4) + (4 if up > 0 else -4))
    else:
        down = 1 if b.y > a.y else -1
        begins = Spot(a.x, a.y + 12) if arrow.origin == START else Spot(a.x + 20, a.y + down * BOX[1] // 2)
        path = f"M{begins.x} {begins.y} L{b.x - 20} {b.y - down * BOX[1] // 2}"
        at = Spot(begins.x + (b.x - 20 - begins.x) // 4, a.y + (b.y - a.y) * 2 // 5)  # nearer to where it comes from
    line = (
        f'<path d="{path}" fill="none" stroke="#777" stroke-width="1.3" marker-end="url(#tip)">'
        f"<title>{escape(said)}</title></path>"
    )
    if mute:
        return line
    return (
        f'{line}<text x="{at.x}" y="{at.y}" text-anchor="middle" font-size="9" fill="#444" stroke="#fff" '
        f'stroke-width="3" paint-order="stroke">{escape(_short(said, most))}'
        f"<title>{escape(said)}</title></text>"
    )


def _described(stage: StageDefinition) -> str:
    said = [stage.name, f"the {stage.turn}'s turn"]
    said += [f"advanced by {', '.join(stage.advance)}"] if stage.advance else []
    return "; ".join(said)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _span(ms: int) -> str:
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"
