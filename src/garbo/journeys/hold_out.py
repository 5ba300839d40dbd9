"""What marketing changes at a stage: visits of the treated against those of the hold-out, from journey-flows.

Rules
 1. Who is in the hold-out is what the engine computes: a hash of the party, the period and the salt. A visit belongs to
    the group in which its party was when the stage was entered.
 2. A visit counts from its entry, so one that has not ended counts as one that did not go onward. Only visits count
    that are old enough to have ended (`RIPE_PATIENCES`): the treated go on sooner, young visits would flatter them.
 3. A visit whose party was merged into another is none. Facts with sign -1 take theirs back.
 4. A party's visits hang together. The interval is that of a ratio of sums over parties, linearised (Cochran, Sampling
    Techniques, 3rd edition, chapter 6.3), so it does not count visits as independent.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

import duckdb
import numpy as np

from garbo.core.choice.hold_out import held_out
from garbo.core.policy.policy import HoldOut
from garbo.journeys.flow_log import TABLE
from garbo.journeys.merged import RIPE_PATIENCES
from garbo.journeys.plan import JourneyPlan

StageKey: TypeAlias = tuple[str, str]
"""Journey and stage."""

Z: Final = 1.96
"""Of the interval of 95 %."""

_VISITS: Final = f"""
WITH facts AS (SELECT * FROM {TABLE} WHERE axis = 'journey' AND party <> '' AND sign IN (1, -1)),
visits AS (
    SELECT party, journey, target AS stage, "at" AS entered, sign AS visits, 0 AS onward FROM facts
    WHERE kind IN ('enter', 'move') AND target <> ''
    UNION ALL
    SELECT party, journey, origin, "at" - dwell_ms, -sign, 0 FROM facts WHERE kind = 'merged'
    UNION ALL
    SELECT party, f.journey, origin, "at" - dwell_ms, 0, sign FROM facts f
    JOIN path t ON t.journey = f.journey AND t.stage = f.target
    LEFT JOIN path o ON o.journey = f.journey AND o.stage = f.origin
    WHERE kind = 'move' AND origin <> '' AND t.place > coalesce(o.place, -1)
)
SELECT journey, stage, party, entered // ? AS period, sum(visits)::BIGINT, sum(onward)::BIGINT
FROM visits JOIN asked USING (journey, stage) WHERE entered BETWEEN first AND last
GROUP BY ALL HAVING sum(visits) <> 0 OR sum(onward) <> 0 ORDER BY ALL
"""


class Group(NamedTuple):
    """The visits of one group. onward: those that went on along the ideal path. error: of that share."""

    visits: int = 0
    onward: int = 0
    error: float = 0.0

    @property
    def share(self) -> float:
        """Of the visits, those that went onward; 0 without any."""
        return self.onward / self.visits if self.visits else 0.0


class Comparison(NamedTuple):
    """The treated and the hold-out at one stage."""

    treated: Group = Group()
    held_out: Group = Group()

    @property
    def gain(self) -> float:
        """How much more of the treated's visits go onward, as a difference of shares."""
        return self.treated.share - self.held_out.share

    @property
    def interval(self) -> tuple[float, float]:
        """Of the gain, 95 %."""
        half = Z * float(np.hypot(self.treated.error, self.held_out.error))
        return self.gain - half, self.gain + half


def compare(
    connection: duckdb.DuckDBPyConnection,
    plans: Mapping[str, JourneyPlan],
    stages: Iterable[StageKey],
    rule: HoldOut,
    *,
    since: int,
) -> dict[StageKey, Comparison]:
    """The comparison at each of `stages`, of visits entered since then (ms) and ripe at the newest fact of the log.

    connection: with the table `flows`. rule: the policy's hold-out.
    """
    newest = connection.execute(f'SELECT max("at") FROM {TABLE}').fetchall()[0][0]
    asked = [(j, s, since, int((newest or 0) - _ripe(plans[j]))) for j, s in dict.fromkeys(stages)]
    connection.execute("CREATE OR REPLACE TEMP TABLE asked (journey VARCHAR, stage VARCHAR, first BIGINT, last BIGINT)")
    connection.execute("CREATE OR REPLACE TEMP TABLE path (journey VARCHAR, stage VARCHAR, place INTEGER)")
    if not asked:
        return {}
    connection.executemany("INSERT INTO asked VALUES (?, ?, ?, ?)", asked)
    if path := [(j, stage, place) for j, plan in plans.items() for stage, place in plan.path.items()]:
        connection.executemany("INSERT INTO path VALUES (?, ?, ?)", path)
    sums: dict[tuple[StageKey, bool], list[tuple[int, int]]] = {}
    rows = connection.execute(_VISITS, [rule.period]).fetchall()
    for journey, stage, party, period, visits, onward in rows:
        group = held_out(rule, party, period * rule.period)
        sums.setdefault(((journey, stage), group), []).append((visits, onward))
    return {
        (j, s): Comparison(group_of(sums.get(((j, s), False), ())), group_of(sums.get(((j, s), True), ())))
        for j, s, *_ in asked
    }


def group_of(parties: Iterable[tuple[int, int]]) -> Group:
    """The group of these parties: (visits, of these onward) each."""
    sums = np.array(list(parties), dtype=np.float64).reshape(-1, 2)
    visits, onward = sums.sum(0)
    if visits <= 0 or len(sums) < 2:
        return Group(max(int(visits), 0), int(onward), 0.0 if visits <= 0 else 1.0)
    rest = sums[:, 1] - onward / visits * sums[:, 0]
    error = np.sqrt(len(sums) / (len(sums) - 1) * (rest**2).sum()) / visits
    return Group(int(visits), int(onward), float(error))


def _ripe(plan: JourneyPlan) -> float:
    return RIPE_PATIENCES * max((stage.patience for stage in plan.stages), default=0)
