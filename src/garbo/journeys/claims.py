"""The narrowings of a policy's journeys, found from the log of journey-flows alone."""

from collections.abc import Mapping, Sequence

import duckdb

from garbo.core.journeys.maps import ideal_of
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.finding import Finding
from garbo.journeys.flow_log import TABLE
from garbo.journeys.from_cells import to_tally
from garbo.journeys.merged import decoded, ripe
from garbo.journeys.narrowing import Bar, find
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.recompute import by_one_map


def claims_of(
    connection: duckdb.DuckDBPyConnection, policy: Policy, plans: Mapping[str, JourneyPlan], *, since: int
) -> Sequence[Finding]:
    """What is claimed of the visits since then (ms). connection: with the table `flows`."""
    cells = decoded(by_one_map(connection, ideal_of(policy)))
    newest = connection.execute(f'SELECT max("at") FROM {TABLE}').fetchall()[0][0]
    if newest is None:
        return ()
    recent = [cell for cell in cells if cell.key.window * HOUR >= since]
    tally = to_tally(list(plans.values()), ripe(recent, plans.values(), newest + 1))
    return find(tally, Bar()).claims if tally.visits.sum() else ()
