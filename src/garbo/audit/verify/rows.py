"""I7: no row was ever lost, overwritten or invented. Each decision says on which row it stood and which it left.

Rules
 1. In the order of the party's log, a decision stands on the row the one before it left; the first on none.
 2. The latest row in the changelog is the one the last decision left; a party without decisions has no row.
 3. Only where rows and records are committed together: elsewhere a record may be written twice for one row.
That the row left is the right one is the replay's to say (I5).
"""

from garbo.audit.verify.history import History
from garbo.audit.verify.log import Log
from garbo.audit.verify.report import Judged


def judge(log: Log, past: History, *, exactly_once: bool, aged: bool) -> Judged:
    found = Judged("I7", "each decision stands on the row the one before it left; the last row is in the changelog")
    if not exactly_once:
        return found
    left: dict[str, str] = {}
    for party, steps in past.parties.items():
        state = None if aged else ""
        for _, decision in steps:
            if decision is None:  # I1's
                continue
            found.checked += 1
            if state is not None and decision.prior_state != state:
                found.violations.append(
                    f"{decision.place}: {decision.decision_id} stands on row {decision.prior_state or 'none'} of "
                    f"{party}, and the decision before it left {state or 'none'}"
                )
            state = decision.state
        left[party] = state or ""
    for party, state in left.items():
        found.checked += 1
        if state and log.rows.get(party, "") != state:
            found.violations.append(f"the changelog's row of {party} is not the one its last decision left ({state})")
    if not aged:
        found.violations += [f"the row of {party} is of no decision" for party in sorted(log.rows.keys() - left.keys())]
    return found
