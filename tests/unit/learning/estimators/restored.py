"""Run in another process: restores learners from a file, lets them go on learning, and prints what they answer.

python -m tests.unit.learning.estimators.restored FILE
"""

import sys
from pathlib import Path

import msgspec

from garbo.learning import registry
from garbo.learning.conformance import examples
from garbo.learning.estimators.serving import decode_serving, formula
from garbo.learning.learner import Learner
from tests.unit.learning.estimators.catalogue import CONFORM, model

MORE = 200


def answers(learner: Learner, serving: bytes) -> list[str]:
    """What it answers and serves now, and after more lessons: to the last bit, as hexadecimal numbers."""
    score = formula(decode_serving(serving))
    asked = [features for features, _ in examples(30, seed=3)]
    found = [learner.predict_one(features).hex() for features in asked]
    found += [score(features).hex() for features in asked]
    for features, label in examples(MORE, seed=4):
        learner.learn_one(features, label)
    return found + [learner.predict_one(features).hex() for features in asked]


def main(path: str) -> None:
    kept: dict[str, tuple[bytes, bytes]] = msgspec.msgpack.decode(
        Path(path).read_bytes(), type=dict[str, tuple[bytes, bytes]]
    )
    restored = {name: registry.restore(model(CONFORM[name]), state) for name, (state, _) in kept.items()}
    print(msgspec.json.encode({name: answers(restored[name], kept[name][1]) for name in kept}).decode())


if __name__ == "__main__":
    main(sys.argv[1])
