"""Vowpal Wabbit's FTRL in a process of its own: `label\\tfeatures` lines in, a probability for each out.

    python -m benchmarks.vowpal < LINES

Each line is predicted before it is learnt. The parameters are those of Garbo's preset `ftrl`.
"""

import sys
from math import exp
from typing import Any, Final

ARGUMENTS: Final = (
    "--ftrl --ftrl_alpha 0.1 --ftrl_beta 1 --l1 0 --l2 1 --loss_function logistic --bit_precision 20 --quiet"
)


def main() -> None:
    from vowpalwabbit import Workspace  # of the dependency group `bench`

    model: Any = Workspace(ARGUMENTS)
    for line in sys.stdin:
        label, _, features = line.rstrip("\n").partition("\t")
        logit = model.predict(f"| {features}")
        print(1.0 / (1.0 + exp(-max(-30.0, min(30.0, logit)))))
        model.learn(f"{label} | {features}")


if __name__ == "__main__":
    main()
