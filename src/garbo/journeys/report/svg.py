"""SVG in small pieces: all that the charts share. Coordinates are pixels of the view box."""

from html import escape
from typing import Final

WIDTH: Final = 1160

INK: Final = {
    "onward": "#5b8db8", "skip": "#8f7bb8", "back": "#d98e3f", "aside": "#8aa88a", "lost": "#b9b4ae",
    "narrow": "#b3261e", "node": "#2f4356", "goal": "#3f7d58", "grid": "#e3e0db", "text": "#22282e", "soft": "#6b7278",
    "positive": "#3f7d58", "neutral": "#9fb3c4", "negative": "#b3261e", "ignored": "#ddd8d0",
}  # fmt: skip
"""One colour for one meaning; place and label say the same without colour."""

LOST_SHADES: Final = ("#b3aca4", "#857e77", "#c4b59d", "#5f5a55")


def number(value: float) -> str:
    """A coordinate: one decimal at most."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def tag(name: str, body: str = "", **attributes: str | float) -> str:
    """An element; `class_` is class, `stroke_width` is stroke-width."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{number(v) if isinstance(v, (int, float)) else escape(v)}"'
        for key, v in attributes.items()
    )
    return f"<{name}{said}>{body}</{name}>" if body else f"<{name}{said}/>"


def title(text: str) -> str:
    """What hovering shows."""
    return f"<title>{escape(text)}</title>"


def text(x: float, y: float, said: str, class_: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return tag("text", escape(said), x=x, y=y, text_anchor=anchor, **({"class_": class_} if class_ else {}))


def rect(x: float, y: float, width: float, height: float, fill: str, tip: str = "", rx: float = 0) -> str:
    """A rectangle."""
    return tag("rect", title(tip) if tip else "", x=x, y=y, width=width, height=height, fill=fill, rx=rx)


def line(x0: float, y0: float, x1: float, y1: float, stroke: str, width: float = 1.0, dash: str = "") -> str:
    """A straight line."""
    more = {"stroke_dasharray": dash} if dash else {}
    return tag("line", x1=x0, y1=y0, x2=x1, y2=y1, stroke=stroke, stroke_width=width, **more)


def ribbon(x0: float, y0: float, x1: float, y1: float, width: float, ink: str, tip: str) -> str:
    """A flow between two points, leaving and arriving level."""
    bend = max(abs(x1 - x0) / 2, 14)
    return stroke(curve((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)), width, ink, tip)


def curve(start: tuple[float, float], *points: tuple[float, float]) -> str:
    """A Bezier curve: start, two points to bend it, end."""
    first, *rest = (f"{number(x)},{number(y)}" for x, y in (start, *points))
    return f"M{first}C{' '.join(rest)}"


def stroke(path: str, width: float, ink: str, tip: str, marker: str = "") -> str:
    """A path drawn as a line."""
    more = {"marker_end": f"url(#{marker})"} if marker else {}
    return tag("path", title(tip), d=path, stroke=ink, stroke_width=max(width, 1.0), fill="none", class_="flow", **more)


def svg(height: float, body: str, label: str, width: float = WIDTH) -> str:
    """The whole picture. label: what a screen reader says."""
    box = f"0 0 {number(width)} {number(height)}"
    return tag("svg", body, viewBox=box, role="img", aria_label=label, xmlns="http://www.w3.org/2000/svg")
