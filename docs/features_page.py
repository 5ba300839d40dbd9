"""Writes docs/features.md from the engine's table of features: `python -m docs.features_page`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from garbo.core.policy.models import ACTION, STATE
from garbo.core.scoring.catalogue import CATALOGUE, EngineFeature

PAGE: Final = Path(__file__).with_name("features.md")

HEAD: Final = """# Features of the engine

This page is made by `make docs` from `core/scoring/catalogue.py`; a test fails when it is stale.

A model of `models.yaml` may read the attributes of a person (`features.party`), and what the engine itself knows: of
the person and the moment (`features.state`), and of the action that is scored (`features.action`). `crosses` multiply
two of them.

- **None of them is read without the consents `profiling` and `personal_data`**: then there is no vector, no model is
  asked, and the starting propensity decides. The column "behaviour" says which of them tell what a person does.
- What is not known is left out, never 0: `state.days_since_contact` of a person who was never contacted is missing. In
  a decision's record, which has a place for each feature, that is NaN, or an empty word.
- A name with a channel or a theme is about that one: `state.days_since_contact.email`, `state.interest.pension`.
- A category is its own indicator (`state.hour=9`), and an hour is one: nine is not nine times one.
- The record of a decision keeps one vector of the person and the moment (`numbers`, `words`) in the order of
  `CompiledPolicy.order`, that of models.yaml. What a model read of an action follows from the policy, from `scored`,
  and from that vector: for `action.interest`, it has the interest in every theme of the model's actions.
- `action.name` learns one weight for each action, which says nothing about a new one: an id reaches the estimator only
  once an example of that action was learnt. The others start a new offer warm.
- `state.days_since_positive`, `_negative` and `_ignored` make the row count those answers for a year, by channel, 32 at
  most; only for the channels that some model reads. They count among the 48 things that a policy may count.
"""


def page() -> str:
    parts = [HEAD]
    for source, title in ((STATE, "Of the person and the moment"), (ACTION, "Of the action")):
        parts.append(f"## {title}\n" + "\n".join(_table(source)) + "\n")
    return "\n".join(parts)


def _table(source: str) -> Iterator[str]:
    yield "| name | kind | means | behaviour |"
    yield "|---|---|---|---|"
    for feature in CATALOGUE.values():
        if feature.source == source:
            yield f"| {_name(feature)} | {feature.kind} | {feature.meaning} | {'yes' if feature.behaviour else ''} |"


def _name(feature: EngineFeature) -> str:
    indexed = f"`{feature.name}.{feature.index.upper()}`"
    if not feature.index:
        return f"`{feature.name}`"
    return f"`{feature.name}`, {indexed}" if feature.whole else indexed


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
