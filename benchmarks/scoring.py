"""Cost and quality of scoring and learning, compared with plain River in the same run.

    python -m benchmarks.scoring --data FILE [--json]

Unit of work: one contact of the UCI bank-marketing file (Moro, Cortez, Rita 2014; 19 features without `duration`,
which is known only after the call), in the file's order: vector, test, learn. Costs are the best of thirty rounds.
Competitors: River's LogisticRegression(AdaGrad(.1)) unchanged, and with StandardScaler on all features.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from math import log
from pathlib import Path
from typing import Any

from garbo.core.policy.models import Feature, Model
from garbo.core.scoring.features import vector
from garbo.core.vocabulary.events import Value
from garbo.learning import registry, snapshots
from garbo.learning.estimators.presets import PRESETS
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.replay.bank import read

NUMBERS = (
    *("age", "campaign", "pdays", "previous"),
    *("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"),
)
CATEGORIES = (
    *("job", "marital", "education", "default", "housing", "loan"),
    *("contact", "month", "day_of_week", "poutcome"),
)
FEATURES = (*(Feature(name, "number") for name in NUMBERS), *(Feature(name, "category") for name in CATEGORIES))
SAMPLE = 2000  # rows for the measurement of a cost
ROUNDS = 30  # on shared cores the best of few is not the best
Row = tuple[dict[str, Value], int]


def model(scorer: str) -> Model:
    return Model("deposit", FEATURES, 0.1, 20.0, estimator={"preset": scorer})


def rows(path: Path) -> Iterator[Row]:
    for line in read(path):
        values: dict[str, Value] = {name: float(line[name]) for name in NUMBERS}
        values |= {name: line[name] for name in CATEGORIES}
        yield values, int(line["y"] == "yes")


def best(work: Callable[[], int]) -> float:
    """Microseconds per unit of the best round; `work` returns its number of units."""
    costs = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = work()
        costs.append((time.perf_counter() - start) / count * 1e6)
    return min(costs)


def each(function: Callable[[Any], object], items: list[Any]) -> Callable[[], int]:
    def work() -> int:
        for item in items:
            function(item)
        return len(items)

    return work


def costs(data: list[Row], scorer: str) -> dict[str, float]:
    model_ = model(scorer)
    learner, progressive = registry.new(model_), Progressive()
    examples = [(vector(model_, values), label) for values, label in data]
    for features, label in examples:
        progressive.add(learner.predict_one(features), label)
        learner.learn_one(features, label)
    count = len(examples)
    serving = learner.serving()
    message = snapshots.encode(
        snapshots.snapshot_of("deposit", count, "", serving, progressive),
        DEVELOPMENT_KEY,
    )
    served = SnapshotScorer()
    if not served.update(message):
        raise SystemExit(served.refusal)
    sample = examples[-SAMPLE:]
    vectors = [features for features, _ in sample]
    return {
        "vector_us": best(each(lambda values: vector(model_, values), [values for values, _ in data[-SAMPLE:]])),
        "estimate_us": best(each(lambda features: served.estimate("deposit", features), vectors)),
        "learner_predict_us": best(each(learner.predict_one, vectors)),
        "learn_us": best(each(lambda example: learner.learn_one(*example), sample)),
        "progressive_us": best(each(lambda example: progressive.add(0.1, example[1]), sample)),
        "snapshot_update_us": best(each(served.update, [message] * 50)),
        "snapshot_bytes": float(len(message)),
    }


def exact(scored: list[tuple[float, int]]) -> dict[str, float]:
    """The exact AUC (by mid-ranks) and log loss, to compare the mergeable figures with."""
    loss = -sum(log(max(p if label else 1.0 - p, 1e-13)) for p, label in scored) / len(scored)
    scored.sort()
    ranks, start = 0.0, 0
    while start < len(scored):
        end = start
        while end < len(scored) and scored[end][0] == scored[start][0]:
            end += 1
        ranks += sum(label for _, label in scored[start:end]) * (start + end + 1) / 2
        start = end
    accepted = sum(label for _, label in scored)
    auc = (ranks - accepted * (accepted + 1) / 2) / (accepted * (len(scored) - accepted))
    return {"auc": auc, "log_loss": loss}


def garbo(data: Iterable[Row], scorer: str) -> dict[str, float]:
    model_, progressive, scored = model(scorer), Progressive(), []
    learner = registry.new(model_)
    start = time.perf_counter()
    for values, label in data:
        features = vector(model_, values)
        probability = learner.predict_one(features)
        progressive.add(probability, label)
        scored.append((probability, label))
        learner.learn_one(features, label)
    seconds = time.perf_counter() - start
    binned = {"auc_binned": progressive.auc or 0.0, "log_loss_summed": progressive.log_loss or 0.0}
    first = exact(scored[:5000])
    return {
        **exact(scored),
        **binned,
        "auc_first_5000": first["auc"],
        "log_loss_first_5000": first["log_loss"],
        "seconds": seconds,
    }


def river(data: Iterable[Row], scale: bool) -> dict[str, float]:
    from river import linear_model, optim, preprocessing

    learner: Any = linear_model.LogisticRegression(optim.AdaGrad(0.1))
    if scale:
        learner = preprocessing.StandardScaler() | learner
    model_, scored = model("constant"), []
    start = time.perf_counter()
    for values, label in data:
        features = vector(model_, values)
        scored.append((learner.predict_proba_one(features)[True], label))
        learner.learn_one(features, label)
    seconds = time.perf_counter() - start
    first = exact(scored[:5000])
    return {
        **exact(scored),
        "auc_first_5000": first["auc"],
        "log_loss_first_5000": first["log_loss"],
        "seconds": seconds,
    }


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--data", type=Path, required=True, help="the UCI file, ';'-separated, gzipped or not")
    options = parser.parse_args(arguments)
    data = list(rows(options.data))
    result = {
        "rows": len(data),
        "progressive": {
            **{f"garbo {name}": garbo(data, name) for name in PRESETS},
            "river LR AdaGrad(.1), nothing scaled": river(data, scale=False),
            "river StandardScaler | LR AdaGrad(.1)": river(data, scale=True),
        },
        "costs": {scorer: costs(data[:10_000], scorer) for scorer in PRESETS},
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{len(data)} contacts")
    for title in ("progressive", "costs"):
        for name, figures in result[title].items():  # type: ignore[attr-defined]
            print(f"{name:40s}" + "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
