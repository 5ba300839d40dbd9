"""Where a standardised number is cut: AUC and log loss of the preset `ftrl` for several bounds, on several streams.

    python -m benchmarks.cut [--data FILE] [--json]

Unit of work: one stream, whole, each example predicted before it is learnt.
  at once  the label is known before the next example
  waves    a twentieth of the stream goes out together, and its labels are known when the next one goes out
Streams: Phishing, Bananas, ImageSegments (each class against the rest; pooled) and Shuttle come with River; three are
made here, with a seed; with --data, the UCI bank-marketing file of `benchmarks.learning`.
  jump     two numbers and a level that is constant for a third of the stream and then moves for good, as prices do
  tails    the logit is linear in a number with heavy tails (Student's t, 3 degrees): a cut hides what it says
  amounts  the logit is linear in the logarithm of a log-normal number: what far amounts say is not linear
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from math import exp, inf
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.scoring import exact, rows
from garbo.core.policy.models import Feature, Model
from garbo.core.scoring.features import vector
from garbo.learning import registry
from garbo.learning.estimators import encoding

BOUNDS: Final = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, inf)
WAVES: Final = 20
LENGTH: Final = 12_000
SEEDS: Final = 3
Example: TypeAlias = tuple[Mapping[str, float], int]


def bundled(name: str, positive: object = True) -> list[Example]:
    from river import datasets

    stream: Any = getattr(datasets, name)()
    return [({str(k): float(v) for k, v in x.items()}, int(y == positive)) for x, y in stream]


def segments() -> list[list[Example]]:
    from river import datasets

    classes = sorted({y for _, y in datasets.ImageSegments()})
    return [bundled("ImageSegments", each) for each in classes]


def jump(rng: random.Random) -> Iterator[Example]:
    level = 100.0
    for number in range(LENGTH):
        if number >= LENGTH // 3 and not number % 500:
            level += rng.uniform(-1.0, 0.6)
        a, b = rng.gauss(0, 1), rng.gauss(0, 1)
        yield {"a": a, "b": b, "level": level}, _answer(rng, -2.0 + a - 0.7 * b - 0.2 * (level - 100.0))


def tails(rng: random.Random) -> Iterator[Example]:
    for _ in range(LENGTH):
        t = rng.gauss(0, 1) / (rng.gammavariate(1.5, 2 / 3)) ** 0.5
        a = rng.gauss(0, 1)
        yield {"a": a, "t": t}, _answer(rng, -1.0 + a + t)


def amounts(rng: random.Random) -> Iterator[Example]:
    for _ in range(LENGTH):
        size, a = rng.gauss(0, 1.2), rng.gauss(0, 1)
        yield {"a": a, "amount": exp(size)}, _answer(rng, -1.5 + a + size)


def _answer(rng: random.Random, logit: float) -> int:
    return int(rng.random() < 1.0 / (1.0 + exp(-logit)))


def made(stream: Callable[[random.Random], Iterator[Example]]) -> list[list[Example]]:
    return [list(stream(random.Random(seed))) for seed in range(SEEDS)]


def bank(path: Path) -> list[list[Example]]:
    from benchmarks.learning import model

    return [[(vector(model("ftrl"), values), label) for values, label in rows(path)]]


def run(examples: list[Example], bound: float, wave: int) -> list[tuple[float, int]]:
    """Each prediction with its label. wave: how many examples go out together."""
    encoding.MOST_DEVIATIONS = bound  # type: ignore[misc]
    names = dict.fromkeys(key.partition("=")[0] for features, _ in examples for key in features)
    learner = registry.new(Model("one", tuple(Feature(name, "number") for name in names), 0.2, 20.0))
    scored: list[tuple[float, int]] = []
    for start in range(0, len(examples), wave):
        part = examples[start : start + wave]
        scored += [(learner.predict_one(features), label) for features, label in part]
        for features, label in part:
            learner.learn_one(features, label)
    return scored


def table(streams: Mapping[str, list[list[Example]]]) -> dict[str, dict[str, dict[str, float]]]:
    """AUC and log loss by stream and flow, and by bound; of a stream with several parts, the means."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, parts in streams.items():
        for flow in ("at once", "waves"):
            by_bound = found[f"{name}, {flow}"] = {}
            for bound in BOUNDS:
                each = [exact(run(p, bound, 1 if flow == "at once" else max(len(p) // WAVES, 1))) for p in parts]
                by_bound[f"{bound:g}"] = {key: sum(e[key] for e in each) / len(each) for key in each[0]}
    return found


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cut", description=__doc__)
    parser.add_argument("--data", type=Path, help="the UCI file, ';'-separated, gzipped or not")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    streams = {
        "Phishing": [bundled("Phishing")],
        "Bananas": [bundled("Bananas")],
        "ImageSegments": segments(),
        "Shuttle": [bundled("Shuttle", 1)],
        "jump": made(jump),
        "tails": made(tails),
        "amounts": made(amounts),
    }
    if options.data:
        streams["bank"] = bank(options.data)
    found = table(streams)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'AUC / log loss':24s}" + "".join(f"{bound:>16g}" for bound in BOUNDS))
    for name, by_bound in found.items():
        cells = (f"{f['auc']:.4f} / {f['log_loss']:.4f}".rjust(16) for f in by_bound.values())
        print(f"{name:24s}" + "".join(cells))


if __name__ == "__main__":
    main(sys.argv[1:])
