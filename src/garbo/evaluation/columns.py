"""Draws and a target as columns for the estimators."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from garbo.evaluation.draws import Draw
from garbo.evaluation.targets import Target
from garbo.learning.evaluation.logged import Floats, Logged

_MOST_WORDS: Final = 50  # values of one category that get a column, the most frequent ones


def columns(draws: Sequence[Draw], target: Target) -> tuple[Logged, int]:
    """The decisions at which the target is known, as columns; and how many it is not known at.

    An option is a pair of action and channel. The vector of a decision whose policy had another number of features than
    most is left out of the reward model.
    """
    taken: list[Draw] = []
    decision: list[int] = []
    action: list[int] = []
    logged: list[float] = []
    aimed: list[float] = []
    silence: list[float] = []
    chosen: list[int] = []
    numbers: dict[tuple[str, str], int] = {}
    for draw in draws:
        distribution = target(draw.row)
        if distribution is None:
            continue
        first = len(decision)
        for scored, probability in zip(draw.row.scored, distribution.options, strict=True):
            decision.append(len(taken))
            action.append(numbers.setdefault((scored.action, scored.channel), len(numbers)))
            logged.append(scored.probability)
            aimed.append(probability)
        silence.append(distribution.silence)
        chosen.append(first + draw.chosen if draw.chosen >= 0 else -1)
        taken.append(draw)
    parties: dict[str, int] = {}
    result = Logged(
        reward=np.array([draw.reward for draw in taken], float),
        chosen=np.array(chosen, np.int64),
        silence_logged=np.array([draw.row.silence_probability for draw in taken], float),
        silence_target=np.array(silence, float),
        decision=np.array(decision, np.int64),
        action=np.array(action, np.int64),
        logged=np.array(logged, float),
        target=np.array(aimed, float),
        features=vectors(taken),
        cluster=np.array([parties.setdefault(draw.row.party, len(parties)) for draw in taken], np.int64),
    )
    return result, len(draws) - len(taken)


def vectors(draws: Sequence[Draw]) -> Floats:
    """The recorded vectors: numbers with NaN where one is missing, and a column for each frequent word."""
    shapes = [(len(draw.row.numbers), len(draw.row.words)) for draw in draws]
    if not shapes:
        return np.zeros((0, 0))
    shape = max(set(shapes), key=shapes.count)
    rows = np.array([i for i, own in enumerate(shapes) if own == shape], np.int64)
    numbers = np.full((len(draws), shape[0]), np.nan)
    if shape[0]:
        values = [[np.nan if v is None else v for v in draws[i].row.numbers] for i in rows]
        numbers[rows] = np.array(values, float)
        numbers[~np.isfinite(numbers)] = np.nan
    parts = [numbers]
    for place in range(shape[1]):
        words = np.full(len(draws), "", object)
        words[rows] = [draws[i].row.words[place] for i in rows]
        names, counts = np.unique(words.astype(str), return_counts=True)
        frequent = names[np.argsort(-counts, kind="stable")][:_MOST_WORDS]
        parts.extend((words == name).astype(float)[:, None] for name in frequent)
    return np.hstack(parts)
