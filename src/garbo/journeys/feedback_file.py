"""feedback.yaml as `garbo journey feedback` writes it: the same weights give the same bytes."""

from typing import Final

from msgspec import structs

from garbo.core.policy.feedback import Feedback, StageWeight

NAME: Final = "feedback.yaml"

_HEAD: Final = """\
# What the narrowing feeds back into arbitration (docs/narrowing.md, "Feedback"). `garbo journey feedback` writes it, a
# person publishes it. Remove the file to switch feedback off.
"""
_WORDS_OF_YAML: Final = frozenset({"null", "true", "false"})


def text_of(feedback: Feedback) -> str:
    """The file's text."""
    lines = [f"version: {feedback.week}", "weights:" if feedback.weights else "weights: {}"]
    for journey, weights in sorted(feedback.weights.items()):
        lines.append(f"  {_name(journey)}:")
        lines += [f"    {_name(stage)}: {{{_entry(weight)}}}" for stage, weight in sorted(weights.stages.items())]
    return _HEAD + "\n".join(lines) + "\n"


def _entry(weight: StageWeight) -> str:
    return ", ".join(f"{name}: {value:.12g}" for name, value in structs.asdict(weight).items())


def _name(name: str) -> str:
    return f'"{name}"' if name in _WORDS_OF_YAML else name
