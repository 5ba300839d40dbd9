"""How good a model is, as metrics show it."""

from typing import NamedTuple


class Summary(NamedTuple):
    """What metrics and `garbo models` show. None: there are too few examples for it.

    calibration_error: mean distance between prediction and truth, in groups of equal mass. calibration_noise: what a
    perfect model would show there. drifts: alarms of ADWIN on label - prediction. evidence: answers with yes.
    block_auc: of pairs within a block of the learning curve. stale: features unseen for a thousand examples.
    """

    examples: int
    evidence: int
    auc: float | None
    block_auc: float | None
    log_loss: float | None
    calibration_error: float | None
    calibration_noise: float | None
    drifts: int
    mature: bool
    stale: tuple[str, ...] = ()
