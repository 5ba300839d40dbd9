"""What the learnt reader of texts makes of corrections, and what a reading costs.

   python -m benchmarks.text [--json] [--banking77 FOLDER]

accuracy   the bank's messages (tests/unit/text/messages.yaml): the `dev` half comes as corrections, in an order drawn
           by a fixed seed; after each part of them the whole held-out half is read. Per part of a reading:
             all      every message is corrected, right or wrong
             misread  only what the words misread, as a desk would send it
             half     as `all`, by a policy that has only every second of its words
             none     as `all`, by a policy without any word
banking77  30 intents of strangers' questions (Casanueva and others 2020; FOLDER has train.csv and test.csv, not in this
           repository): read after 0, 100, 300, 1,000 and all questions of the training part. The words are those of the
           intents' names, and nobody chose them: where a policy begins that nobody has tuned.
time       one reading at 30 intents, 20 themes and 4 tones, the words included, of short messages and of a letter at
           the limit; and what a correction costs the learner
"""

import argparse
import csv
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import yaml
from msgspec.structs import replace

from garbo.core.policy.reading import PARTS, Classified, model_of
from garbo.learning.text import TextLearner
from garbo.policy import load
from garbo.text.learnt import LearntReader
from garbo.text.linear import CLASS, OneVsRest, class_feature, decode
from garbo.text.reader import SeedReader, Seeds, Words
from garbo.text.tokens import MOST_CHARACTERS

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT / "tests" / "unit" / "text" / "messages.yaml"
STEPS = (0, 30, 60, 121)
ROUNDS = 7
INTENTS, THEMES = 30, 20
SHORT = 3  # characters of a word of an intent's name that says nothing: "my", "is"

Message = Mapping[str, str]
"""text, and of each part of a reading what a person reads."""


class Models:
    """Implements `core.policy.reading.TextModels` over learners, as they are now."""

    def __init__(self, learners: Mapping[str, TextLearner]) -> None:
        self.models = {model_of(part): OneVsRest(decode(one.state())) for part, one in learners.items()}

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        found = self.models[model].best(features, labels)
        return None if found is None else Classified(found, model)


def messages(half: str) -> list[Message]:
    written = yaml.safe_load(MESSAGES.read_text("utf-8"))[half]
    return [{"text": message["text"], **{part: message["is"][part] for part in PARTS}} for message in written]


def bank() -> Seeds:
    reader = load(ROOT / "examples" / "bank").reader
    assert isinstance(reader, SeedReader | LearntReader)
    return reader.seeds


def every_second(seeds: Seeds) -> Seeds:
    def half(given: Mapping[str, Words]) -> dict[str, Words]:
        return {
            name: {language: tuple(words[::2]) for language, words in written.items()}
            for name, written in given.items()
        }

    return replace(seeds, themes=half(seeds.themes), intents=half(seeds.intents), tones=half(seeds.tones))


def without_words(seeds: Seeds) -> Seeds:
    def names(given: Iterable[str]) -> dict[str, Words]:
        return {name: {} for name in given}

    return Seeds(seeds.languages, names(seeds.themes), names(seeds.intents), names(seeds.tones))


def learnt(
    seeds: Seeds, given: Sequence[Message], held_out: Sequence[Message], *, misread: bool,
    steps: Collection[int] = STEPS, parts: Sequence[str] = PARTS,
) -> dict[str, list[float]]:  # fmt: skip
    """Part -> the share of `held_out` that is read right after 0, 30, ... messages. misread: no other is corrected."""
    reader = LearntReader(SeedReader(seeds), parts)
    learners = {part: TextLearner() for part in parts}
    shares: dict[str, list[float]] = {part: [] for part in parts}
    for count in range(len(given) + 1):
        if count in steps:
            models = Models(learners)
            for part, right in shares.items():
                read = [getattr(reader.read(m["text"], seeds.languages, models), part) == m[part] for m in held_out]
                right.append(sum(read) / len(read))
        if count < len(given):
            message = given[count]
            said = {part: message[part] for part in parts}
            for part, features in reader.examples(message["text"], seeds.languages, said).items():
                if not misread or best(learners[part], features, ("", *reader.names(part))) != message[part]:
                    learners[part].learn_one(features, 1)
    return shares


def best(learner: TextLearner, features: Mapping[str, float], labels: Sequence[str]) -> str:
    """What the learner itself reads, without a snapshot."""
    asked = {key: value for key, value in features.items() if not key.startswith(CLASS)}
    return max(labels, key=lambda label: learner.predict_one({**asked, class_feature(label): 1.0}))


def banking77(folder: Path) -> dict[str, list[float]]:
    """The share of the test part's questions with the right intent, as corrections come."""
    parts = [list(csv.DictReader((folder / name).open(encoding="utf-8"))) for name in ("train.csv", "test.csv")]
    names = sorted({row["category"] for row in parts[0]})
    Random(5).shuffle(names)
    names = names[:INTENTS]
    train, test = (
        [{"text": row["text"], "intent": row["category"]} for row in part if row["category"] in names] for part in parts
    )
    Random(1).shuffle(train)
    words = {name: {"en": [w for w in name.lower().strip("?").split("_") if len(w) > SHORT]} for name in names}
    seeds = Seeds(("en",), intents=words)
    steps = (0, 100, 300, 1000, len(train))
    found = {}
    for sort in ("all", "misread"):
        given = learnt(seeds, train, test, misread=sort == "misread", steps=steps, parts=("intent",))
        found[sort] = given["intent"]
    return found


def accuracy() -> dict[str, dict[str, list[float]]]:
    given, held_out, seeds = messages("dev"), messages("held_out"), bank()
    Random(1).shuffle(given)
    return {
        "all": learnt(seeds, given, held_out, misread=False),
        "misread": learnt(seeds, given, held_out, misread=True),
        "half": learnt(every_second(seeds), given, held_out, misread=False),
        "none": learnt(without_words(seeds), given, held_out, misread=False),
    }


def cost() -> dict[str, float]:
    """Microseconds of CPU for one reading, and for one correction, at 30 intents."""
    texts = [m["text"] for half in ("dev", "held_out") for m in messages(half)]
    letter = " ".join(texts)[:MOST_CHARACTERS]
    seeds, words = bank(), bank()
    seeds = replace(
        seeds,
        intents={**seeds.intents, **{f"intent{n}": {} for n in range(INTENTS - len(seeds.intents))}},
        themes={**seeds.themes, **{f"theme{n}": {} for n in range(THEMES - len(seeds.themes))}},
    )
    reader, chance = LearntReader(SeedReader(seeds), PARTS), Random(2)
    learners = {part: TextLearner() for part in PARTS}
    began, taught = time.process_time(), 0
    for text in texts * 2:  # the labels are drawn: what a reading costs does not depend on them
        right = {part: chance.choice(["", *reader.names(part)]) for part in PARTS}
        for part, features in reader.examples(text, seeds.languages, right).items():
            learners[part].learn_one(features, 1)
            taught += 1
    learning = (time.process_time() - began) / taught
    models, plain = Models(learners), SeedReader(words)
    state = learners["intent"].state()
    found = {
        "words alone": _each(lambda text: plain.read(text, words.languages), texts),
        "reading": _each(lambda text: reader.read(text, seeds.languages, models), texts),
        "letter": _each(lambda text: reader.read(text, seeds.languages, models), [letter] * 20),
        "correction": learning * 1e6,
        "load of a snapshot": _each(lambda data: OneVsRest(decode(data)), [state] * 3),
    }
    assert len(models.models["text.intent"].labels) == INTENTS + 1
    return {**found, "bytes of a snapshot": float(len(state))}


def _each(call, given) -> float:  # type: ignore[no-untyped-def]
    """Microseconds of CPU of one call, best of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for one in given:
            call(one)
        best = min(best, time.process_time() - began)
    return best / len(given) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--banking77", type=Path)
    arguments = parser.parse_args()
    if arguments.banking77:
        shares_of = banking77(arguments.banking77)
        print(json.dumps(shares_of) if arguments.json else shares_of)
        return
    found = {"accuracy": accuracy(), "cost": cost()}
    if arguments.json:
        print(json.dumps(found))
        return
    for sort, shares in found["accuracy"].items():
        for part, right in shares.items():
            steps = "  ".join(f"{count}: {share:.1%}" for count, share in zip(STEPS, right, strict=True))
            print(f"{sort:8} {part:7} {steps}")
    for name, number in found["cost"].items():
        print(f"{name:22} {number:12.1f}")


if __name__ == "__main__":
    main()
