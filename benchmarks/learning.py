"""Quality of learning on a stream of contacts, side by side with Vowpal Wabbit in a process of its own.

    python -m benchmarks.learning --data FILE [--presets | --pipeline] [--json]

Unit of work: one contact of the UCI bank-marketing file (Moro, Cortez, Rita 2014; without `duration`), in the file's
order. Each contact is predicted with what was learnt by then. One contact is one tick of time. A yes comes after an
exponential delay (mean 500 contacts), silence is a no when the window of 2,000 contacts closes.
  at once  the label is known before the next contact
  close    yes and no alike are learnt when the window closes
  early    a no at once, weighted for the yes that may still come, and then the yes
steady: contacts go out one by one. waves: 2,000 contacts go out together.
--pipeline sends the same contacts through resolve, decide and learn (`benchmarks.learning_pipeline`), and judges the
decision records.
AUC and log loss are exact, over all contacts. Exits with 1 when a promise of docs/learning.md is not kept.
"""

import argparse
import heapq
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.learning_pipeline import PROOF, play
from benchmarks.scoring import FEATURES, NUMBERS, exact, rows
from garbo.core.policy.models import Model
from garbo.core.scoring.features import vector
from garbo.learning import registry
from garbo.learning.estimators.encoding import MOST_DEVIATIONS, scaled
from garbo.learning.estimators.presets import PRESETS
from garbo.learning.evaluation.figures import Figures
from garbo.processors.model_state import weight

WINDOW: Final = 2000
MEAN_DELAY: Final = 500.0
WAVE: Final = 2000
Example = tuple[dict[str, float], int]


class Promise(NamedTuple):
    """auc: at least. log_loss: at most."""

    run: str
    auc: float
    log_loss: float


PROMISES: Final = (
    Promise("at once", 0.798, 0.275),
    Promise("close, waves", 0.71, 0.33),
    Promise("early, steady", 0.765, 0.295),
)
NEAR: Final = 0.001  # to Vowpal Wabbit


def model(preset: str) -> Model:
    return Model("deposit", FEATURES, 0.1, 20.0, estimator={"preset": preset})


def lessons(examples: Sequence[Example], when: str, wave: int) -> Iterator[tuple[int, list[tuple[int, int, str]]]]:
    """For each contact, what becomes known before it: contact, label, kind of example."""
    rng, queue, late = random.Random(1), [], delays(len(examples))
    for number, (_, label) in enumerate(examples):
        tick = number - number % wave
        known = []
        while queue and queue[0][0] <= tick:
            known.append(heapq.heappop(queue)[2:])
        yield number, known
        if when == "at once":
            heapq.heappush(queue, (tick, rng.random(), number, label, "close"))
        elif when == "close":
            heapq.heappush(queue, (tick + WINDOW, rng.random(), number, label, "close"))
        else:
            heapq.heappush(queue, (tick, rng.random(), number, 0, "early_no"))
            if label:
                heapq.heappush(queue, (tick + late[number], rng.random(), number, 1, "early_yes"))


def delays(count: int) -> list[float]:
    """After how many ticks each contact says yes, if it does."""
    rng = random.Random(0)
    return [min(rng.expovariate(1 / MEAN_DELAY), WINDOW - 1) for _ in range(count)]


def garbo(examples: Sequence[Example], preset: str, when: str = "at once", wave: int = 1) -> dict[str, float]:
    """Figures of a preset that learns `when`."""
    learner, figures = registry.new(model(preset)), Figures()
    scored: list[tuple[float, int]] = []
    seconds = 0.0
    for number, known in lessons(examples, when, wave):
        began = time.perf_counter()
        for contact, label, kind in known:
            features = examples[contact][0]
            probability = learner.predict_one(features)
            figures.take(kind, probability, label, features)
            learner.learn_one(features, label, weight(kind, probability))
        seconds += time.perf_counter() - began
        features, label = examples[number]
        scored.append((learner.predict_one(features), label))
    summary = figures.summary()
    return {
        **quality(scored),
        "auc_shown": summary.auc or 0.0,
        "log_loss_shown": summary.log_loss or 0.0,
        "calibration_error_shown": summary.calibration_error or 0.0,
        "drifts": summary.drifts,
        "learn_us": seconds / len(examples) * 1e6,
    }


def pipeline(path: Path, when: str, wave: int, every: int) -> dict[str, float]:
    """Figures of the preset `ftrl` through the pipeline; in a process of its own."""
    data = list(rows(path))
    played = play(data, delays(len(data)), preset="ftrl", when=when, window=WINDOW, wave=wave, every=every)
    smoothed = quality(played.smoothed)
    return {
        **quality(played.scored),
        "auc_smoothed": smoothed["auc"],
        "log_loss_smoothed": smoothed["log_loss"],
        "versions": played.snapshots,
        "apart": played.apart,
    }


def piped(path: Path, every: int) -> dict[str, dict[str, float]]:
    """Figures of each promise's run through the pipeline."""
    flows = {"at once": ("at once", 1), "close, waves": ("close", WAVE), "early, steady": ("early", 1)}
    with ProcessPoolExecutor() as pool:
        jobs = {name: pool.submit(pipeline, path, when, wave, every) for name, (when, wave) in flows.items()}
        return {name: job.result() for name, job in jobs.items()}


def quality(scored: list[tuple[float, int]]) -> dict[str, float]:
    """Exact AUC, log loss, and calibration error in 20 groups of equal mass."""
    found = exact(scored)  # sorts
    error = 0.0
    for group in range(20):
        part = scored[group * len(scored) // 20 : (group + 1) * len(scored) // 20]
        error += abs(sum(p for p, _ in part) - sum(label for _, label in part))
    return {**found, "calibration_error": error / len(scored)}


def vowpal(examples: Sequence[Example]) -> dict[str, float]:
    """Vowpal Wabbit on the same contacts: numbers standardised as they come, indicators as they are."""
    lines = [
        f"{1 if label else -1}\t" + " ".join(f"{_name(key)}:{value:.9g}" for key, value in features.items())
        for features, label in standardised(examples)
    ]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.vowpal"], input="\n".join(lines) + "\n", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"Vowpal Wabbit failed: {done.stderr[-500:]}")
    seconds = time.perf_counter() - began
    answers = [float(line) for line in done.stdout.split()]
    scored = [(p, label) for p, (_, label) in zip(answers, examples, strict=True)]
    return {**quality(scored), "learn_us": seconds / len(examples) * 1e6}


def standardised(examples: Sequence[Example]) -> Iterator[Example]:
    """Each number minus its mean, over its deviation, both counted so far and with this example; cut as Garbo does."""
    numbers = frozenset(NUMBERS)
    count: dict[str, int] = {}
    means: dict[str, float] = {}
    squares: dict[str, float] = {}
    for features, label in examples:
        made = {}
        for key, value in features.items():
            if key not in numbers:
                made[key] = value
                continue
            n = count[key] = count.get(key, 0) + 1
            apart = value - means.get(key, 0.0)
            means[key] = means.get(key, 0.0) + apart / n
            squares[key] = squares.get(key, 0.0) + apart * (value - means[key])
            spread = (squares[key] / n) ** 0.5
            made[key] = scaled(value, (means[key], 1.0 / spread if spread else 0.0), MOST_DEVIATIONS)
        yield made, label


def _name(key: str) -> str:
    return key.replace(" ", "_").replace(":", "_").replace("|", "_")


def judged(found: dict[str, dict[str, float]]) -> list[tuple[str, bool]]:
    """Each promise, and whether it is kept."""
    verdicts = []
    for promise in PROMISES:
        auc, loss = found[promise.run]["auc"], found[promise.run]["log_loss"]
        kept = auc >= promise.auc and loss <= promise.log_loss
        wanted = f"AUC {auc:.4f} >= {promise.auc}, log loss {loss:.4f} <= {promise.log_loss}"
        verdicts.append((f"{promise.run}: {wanted}", kept))
        if "apart" in found[promise.run]:
            apart = found[promise.run]["apart"]
            verdicts.append((f"{promise.run}: a learner alone is {apart:.1g} from the records", apart <= PROOF))
    if "vowpal wabbit" in found:
        own, other = found["at once"], found["vowpal wabbit"]
        near = max(other["auc"] - own["auc"], own["log_loss"] - other["log_loss"])
        verdicts.append((f"at once: no more than {NEAR} behind Vowpal Wabbit, is {near:.4f}", near <= NEAR))
    return verdicts


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the UCI file, ';'-separated, gzipped or not")
    parser.add_argument("--presets", action="store_true", help="every preset with labels at once, too")
    parser.add_argument("--pipeline", action="store_true", help="through resolve, decide and learn")
    parser.add_argument("--every", type=int, default=1, help="contacts between two snapshots, of --pipeline")
    parser.add_argument("--without-vowpal", action="store_true", help="where vowpalwabbit is not installed")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    examples = [(vector(model("ftrl"), values), label) for values, label in rows(options.data)]
    if options.pipeline:
        report(len(examples), piped(options.data, options.every), options.json)
        return
    found: dict[str, dict[str, float]] = {"at once": garbo(examples, "ftrl")}
    if not options.without_vowpal:
        found["vowpal wabbit"] = vowpal(examples)
    for when in ("close", "early"):
        for flow, wave in (("steady", 1), ("waves", WAVE)):
            found[f"{when}, {flow}"] = garbo(examples, "ftrl", when, wave)
    if options.presets:
        found |= {f"preset {name}": garbo(examples, name) for name in PRESETS if name != "ftrl"}
    report(len(examples), found, options.json)


def report(contacts: int, found: dict[str, dict[str, float]], as_json: bool) -> None:
    verdicts = judged(found)
    result: dict[str, Any] = {"contacts": contacts, "figures": found, "promises": dict(verdicts)}
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        print(f"{contacts} contacts")
        for name, figures in found.items():
            print(f"{name:32s}" + "  ".join(f"{key} {value:.4g}" for key, value in figures.items()))
        for sentence, kept in verdicts:
            print(("kept    " if kept else "MISSED  ") + sentence)
    if not all(kept for _, kept in verdicts):
        raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
