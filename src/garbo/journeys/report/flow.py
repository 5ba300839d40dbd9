"""The flow of a journey as a picture, drawn by us: libraries' Sankey diagrams refuse cycles, and journeys have returns.

The ideal path runs from left to right. Arcs above it pass over stages (violet) or go back (orange). Stages beside the
path lie below it. What drops off goes down to the base line, in one shade for each way it ended.
"""

from collections.abc import Mapping
from typing import Final

from garbo.journeys.drop_off import ENDED, PATIENCE
from garbo.journeys.report.model import JourneyReport
from garbo.journeys.report.svg import INK, LOST_SHADES, WIDTH, curve, number, rect, ribbon, stroke, svg, tag, text
from garbo.journeys.report.words import Say

NODE: Final = 18.0
TALLEST: Final = 150.0
LEAST_DRAWN: Final = 0.004
"""Flows below this share of the largest stage are left to the table."""
_LEFT, _RIGHT = 20.0, 150.0
_WIDEST = 9.0
"""Of arcs and of ways beside the path."""


def least_drawn(report: JourneyReport) -> int:
    """The least flow that is drawn, in visits."""
    return max(int(LEAST_DRAWN * max((r.entries for r in report.stages), default=0)), 1)


class Flow:
    """The picture of one journey. marked: a stage, and mark what to write over it. hot: it is the narrowing."""

    def __init__(self, report: JourneyReport, say: Say, marked: str = "", mark: str = "", *, hot: bool = False) -> None:
        self._report, self._say, self._marked, self._mark, self._hot = report, say, marked, mark, hot
        self._entries = {r.stage: r.entries for r in report.stages} | {report.goal: self._into(report.goal)}
        self._scale = TALLEST / max(*self._entries.values(), 1)
        self._ideal = [s for s in report.ideal if s in self._entries]
        self._rank: Mapping[str, int] = {s: i for i, s in enumerate(self._ideal)}
        self._beside = [r.stage for r in report.stages if r.stage not in self._rank and r.entries > 0]
        self._least = least_drawn(report)
        back, skip = self._arcs()
        self._top = 54.0 + (18.0 + 26.0 * min(len(back), 4) if back or skip else 0) + (16 if skip else 0)
        below = self._top + TALLEST
        self._beside_y = below + 46
        tall = max((self._height(s) for s in self._beside), default=0)
        self._base = below + 78 + (tall + 52 if self._beside else 0)
        self._x = self._places()
        self._ends = [PATIENCE, *report.ends, ENDED]

    def draw(self) -> str:
        """The SVG."""
        body = [self._arrows(), self._ways(), self._nodes(), self._legend()]
        label = self._say.label(self._report.label, self._report.journey)
        return svg(self._base + 62, "".join(body), f"{self._say('flow')}: {label}")

    # ---- places ----------------------------------------------------------------------------------------------------

    def _into(self, stage: str) -> int:
        return sum(n for (_, to), n in self._report.flows.items() if to == stage)

    def _height(self, stage: str) -> float:
        return max(self._entries.get(stage, 0) * self._scale, 3.0)

    def _places(self) -> dict[str, tuple[float, float]]:
        step = (WIDTH - _LEFT - _RIGHT) / max(len(self._ideal) - 1, 1)
        found = {s: (_LEFT + i * step, self._top) for i, s in enumerate(self._ideal)}
        for i, stage in enumerate(self._beside):
            into = {o: n for (o, to), n in self._report.flows.items() if to == stage and o in self._rank}
            source = max(into, key=lambda o: (into[o], o)) if into else self._ideal[0]
            found[stage] = (found[source][0] + step * 0.5 + 24 * i, self._beside_y)
        return found

    def _arcs(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Moves that go back, and moves that pass over stages."""
        drawn = [way for way, n in self._report.flows.items() if n >= self._least and way[0] in self._rank]
        places = [(self._rank[o], self._rank[t], (o, t)) for o, t in drawn if t in self._rank]
        return [way for a, b, way in places if b < a], [way for a, b, way in places if b > a + 1]

    # ---- ways ------------------------------------------------------------------------------------------------------

    def _tip(self, origin: str, target: str, n: int) -> str:
        row = self._report.row(origin)
        share = n / max(row.drop_off.exits, 1) if row else 0.0
        of_exits = f"{self._say.percent(share)} {self._say('of_exits')}"
        return f"{self._name(origin)} → {target}: {self._say.number(n)} ({of_exits})"

    def _name(self, stage: str) -> str:
        return self._say.label(self._report.labels.get(stage, {}), stage)

    def _ways(self) -> str:
        out: list[str] = []
        leaving, arriving = dict.fromkeys(self._x, 0.0), dict.fromkeys(self._x, 0.0)
        back, skip = self._arcs()
        flows = self._report.flows
        for ways, ink, lift in ((back, "back", 24.0), (skip, "skip", 0.0)):
            for n, (o, t) in enumerate(sorted(ways, key=lambda w: (abs(self._rank[w[0]] - self._rank[w[1]]), w))):
                out.append(self._arc(o, t, flows[o, t], ink, 16 + lift + 22 * min(n, 3)))
        for o, t in sorted(flows, key=lambda w: (self._rank.get(w[0], 99), self._rank.get(w[1], 50), w)):
            n = flows[o, t]
            if (o, t) in back or (o, t) in skip or n < self._least or o not in self._x or t not in self._x:
                continue
            width = n * self._scale
            start = self._x[o][1] + leaving[o] + width / 2
            leaving[o] += width
            if o in self._rank and t in self._rank:
                (x0, _), (x1, y1) = self._x[o], self._x[t]
                end = y1 + arriving[t] + width / 2
                arriving[t] += width
                out.append(ribbon(x0 + NODE, start, x1, end, width, INK["onward"], self._tip(o, self._name(t), n)))
            else:
                out.append(self._beside_way(o, t, n, start))
        out += [self._leave(row.stage, leaving[row.stage]) for row in self._report.stages if row.stage in self._x]
        return tag("g", "".join(out), class_="flows")

    def _beside_way(self, o: str, t: str, n: int, start: float) -> str:
        """A way to or from a stage beside the path: at most so wide, because these go to and fro."""
        (x0, y0), (x1, y1) = self._x[o], self._x[t]
        width = min(max(n * self._scale * 0.5, 1.2), _WIDEST)
        if t in self._beside:
            middle = y1 + self._height(t) / 2 + 4 * (list(self._rank).index(o) % 3 - 1 if o in self._rank else 0)
            path = curve((x0 + NODE, start), (x0 + NODE + 70, start), (x1 - 70, middle), (x1 - 5, middle))
        else:
            floor = y1 + self._height(t)
            ahead = x1 > x0
            begin = (x0 + NODE, y0 + self._height(o) / 2) if ahead else (x0 + NODE / 2, y0)
            bend = (begin[0] + 60, begin[1]) if ahead else (begin[0], begin[1] - 36)
            end = (x1 + NODE / 2, floor + 6)
            path = curve(begin, bend, (end[0], end[1] + 44), end)
        return stroke(path, width, INK["aside"], self._tip(o, self._name(t), n), "to-aside")

    def _arc(self, o: str, t: str, n: int, ink: str, height: float) -> str:
        (x0, y0), (x1, y1) = self._x[o], self._x[t]
        x0, x1 = x0 + NODE * (0.75 if ink == "back" else 0.5), x1 + NODE * (0.4 if ink == "back" else 0.2)
        top = y0 - 18 - height
        path = curve((x0, y0), (x0, top), (x1, top), (x1, y1 - 4))
        width = min(max(n * self._scale * 0.5, 1.2), _WIDEST)
        return stroke(path, width, INK[ink], self._tip(o, self._name(t), n), f"to-{ink}")

    def _leave(self, stage: str, used: float) -> str:
        row = self._report.row(stage)
        if row is None or not row.drop_off.total:
            return ""
        x, y = self._x[stage]
        total, out, at = row.drop_off.total * self._scale, [], 0.0
        floor = y + self._height(stage)
        for how, n in sorted(row.drop_off.lost.items(), key=lambda h: self._ends.index(h[0])):
            width = n * self._scale
            start = min(y + used + at + width / 2, floor - min(width / 2, 1))
            down = x + NODE + 26 + at + width / 2
            path = curve((x + NODE, start), (down, start), (down, start), (down, min(start + 40, self._base)))
            path += f"V{number(self._base)}"
            ink = INK["narrow"] if self._is_hot(stage) else self._shade(how)
            out.append(stroke(path, width, ink, self._tip(stage, self._how(how), n)))
            at += width
        said = self._say.percent(row.drop_off.rate)
        middle = x + NODE + 26 + total / 2
        out.append(text(middle, self._base + 16, said, "hot" if self._is_hot(stage) else "big", "middle"))
        out.append(text(middle, self._base + 30, self._say.number(row.drop_off.total), "soft", "middle"))
        return "".join(out)

    def _is_hot(self, stage: str) -> bool:
        return self._hot and stage == self._marked

    def _shade(self, how: str) -> str:
        return LOST_SHADES[self._ends.index(how) % len(LOST_SHADES)]

    def _how(self, how: str) -> str:
        return self._say(how) if how in (PATIENCE, ENDED) else self._name(how)

    # ---- nodes -----------------------------------------------------------------------------------------------------

    def _nodes(self) -> str:
        out = []
        for stage, (x, y) in self._x.items():
            hot = self._is_hot(stage)
            ink = INK["narrow"] if hot else INK["goal"] if stage == self._report.goal else INK["node"]
            count = self._say.number(self._entries.get(stage, 0))
            tip = f"{self._name(stage)}: {count} {self._say('visits')}"
            out.append(rect(x, y, NODE, self._height(stage), ink, tip, 2))
            below = stage in self._beside
            at = y + self._height(stage) + 15 if below else y + 14
            out.append(text(x + NODE + 7, y + 14 if below else at, self._name(stage), "name hot" if hot else "name"))
            out.append(text(x + NODE + 7, (y if below else at - 14) + 29, count, "count"))
        if self._marked in self._x:
            x, _ = self._x[self._marked]
            late = x > WIDTH * 0.6
            out.append(
                text(
                    x + (NODE if late else 0),
                    24,
                    f"▼ {self._mark}",
                    "hot mark" if self._hot else "mark big",
                    "end" if late else "start",
                )
            )
            out.append(tag("line", x1=x + NODE / 2, y1=30, x2=x + NODE / 2, y2=self._top - 4,
                           stroke=INK["narrow" if self._hot else "soft"],
                           stroke_dasharray="3 3"))  # fmt: skip
        return "".join(out)

    def _arrows(self) -> str:
        found = []
        for ink in ("back", "skip", "aside"):
            head = tag("path", d="M0,0L6,3L0,6z", fill=INK[ink])
            found.append(
                tag("marker", head, id=f"to-{ink}", viewBox="0 0 6 6", refX="3", refY="3", orient="auto",
                    markerWidth="7", markerHeight="7", markerUnits="userSpaceOnUse")
            )  # fmt: skip
        return tag("defs", "".join(found))

    def _legend(self) -> str:
        """The ways of dropping off."""
        seen = [h for h in self._ends if any(h in r.drop_off.lost for r in self._report.stages)]
        out, x = [text(_LEFT, self._base + 54, f"{self._say('drops_off')}:", "soft")], _LEFT + 76.0
        for how in seen:
            out.append(rect(x, self._base + 45, 10, 10, self._shade(how)))
            out.append(text(x + 15, self._base + 54, self._how(how), "soft"))
            x += 34 + 6.6 * len(self._how(how))
        return "".join(out)
