"""The map as Mermaid flow charts, for a README or a wiki: one chart a journey."""

from collections.abc import Iterator, Sequence

from garbo.core.policy.journey import ANYWHERE, COMPANY, Journey
from garbo.policy.maps.arrows import START, Arrow, arrows, is_return


def mermaid(journey: Journey, language: str) -> str:
    """The chart of `journey`; labels in `language`, else the first one that there is."""
    return "\n".join(_lines(journey, language)) + "\n"


def _lines(journey: Journey, language: str) -> Iterator[str]:
    goal = journey.goal.stage if journey.goal is not None else ""
    drawn = arrows(journey)
    yield f"%% {label(journey.label, language, journey.name)}"
    yield "flowchart LR"
    for origin, name in ((START, "start"), (ANYWHERE, "anywhere")):
        if any(arrow.origin == origin for arrow in drawn):
            yield f"  {name}(({name}))"
    for name, stage in journey.stages.items():
        text = _quoted(label(stage.label, language, name))
        box = f"(({text}))" if name == goal else f"([{text}])" if name in journey.ends else f"[{text}]"
        yield f"  {_id(name)}{box}"
    for arrow in drawn:
        line = "-.->" if is_return(journey, arrow) or not _on_path(journey, arrow) else "-->"
        yield f"  {_id(arrow.origin)} {line}|{_quoted(', '.join(arrow.triggers))}| {_id(arrow.target)}"
    ours = [name for name, stage in journey.stages.items() if stage.turn == COMPANY]
    if ours:
        yield "  classDef company fill:#fde9d0,stroke:#b3651a"
        yield f"  class {','.join(map(_id, ours))} company"


def label(labels: object, language: str, name: str) -> str:
    """The label in `language`, else the first, else the name."""
    given = dict(labels) if isinstance(labels, dict) else {}
    return str(given.get(language) or next(iter(given.values()), name))


def _on_path(journey: Journey, arrow: Arrow) -> bool:
    path: Sequence[str] = (START, *journey.ideal)
    return arrow.origin in path and arrow.target in path


def _id(stage: str) -> str:
    """Mermaid knows words such as `end`, so each id has a prefix."""
    return {START: "start", ANYWHERE: "anywhere"}.get(stage, f"s_{stage}")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
