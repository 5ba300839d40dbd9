"""`benchmarks.learning --pipeline` on the sample: what decides is what a learner alone makes of the same examples."""

from pathlib import Path

import pytest

from benchmarks.learning import delays
from benchmarks.learning_pipeline import PROOF, play
from benchmarks.scoring import rows

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "uci_bank_marketing_sample.csv"
WINDOW = 50


@pytest.mark.parametrize(
    ("when", "wave", "every", "learnt"),
    [("at once", 1, 1, {"close": 299}), ("close", WINDOW, 1, {"close": 250}), ("early", 1, 20, {})],
)
def test_the_records_have_what_a_learner_alone_says(when: str, wave: int, every: int, learnt: dict[str, int]) -> None:
    data = list(rows(SAMPLE))
    late = [delay / 2000 * WINDOW for delay in delays(len(data))]
    played = play(data, late, preset="ftrl", when=when, window=WINDOW, wave=wave, every=every)
    assert [label for _, label in data] == [label for _, label in played.scored]
    assert played.apart <= PROOF
    if when == "early":
        yes = sum(label for _, label in data)
        assert len(data) == played.kinds["early_no"]
        assert 0 < played.kinds["early_yes"] <= yes
        assert played.snapshots == len(data) // every  # the first example, and 14 times in the stream
    else:
        assert learnt == played.kinds
        assert played.snapshots == len(data) // wave - 1
    assert all(0.0 < said < 1.0 for said, _ in played.scored + played.smoothed)
