"""I7: no row was ever lost, overwritten or invented. Each decision names the row before it and the row after it.

Rules
 1. In the order of the party's log, each decision starts from the row that the previous one wrote; the first from none.
 2. The latest row in the changelog is the one the last decision wrote; a party without decisions has no row.
 3. The check needs transactions, which commit rows and records together. Without them two records may name one row.
I5 (recompute) checks that the row's content is right.
"""

from garbo.audit.verify.history import History
from garbo.audit.verify.log import Log
from garbo.audit.verify.report import InvariantResult


def check(log: Log, past: History, *, exactly_once: bool, truncated: bool) -> InvariantResult:
    """Check invariant I7."""
    says = "each decision starts from the row the previous one wrote; the last row is in the changelog"
    result = InvariantResult("I7", says)
    if not exactly_once:
        return result
    left: dict[str, str] = {}
    for party, steps in past.parties.items():
        state = None if truncated else ""
        for _, decision in steps:
            if decision is None:  # I1 reports it
                continue
            result.checked += 1
            if state is not None and decision.prior_state != state:
                result.violations.append(
                    f"{decision.place}: {decision.decision_id} starts from row {decision.prior_state or 'none'} of "
                    f"{party}, but the decision before it wrote {state or 'none'}"
                )
            state = decision.state
        left[party] = state or ""
    for party, state in left.items():
        result.checked += 1
        if state and log.rows.get(party, "") != state:
            result.violations.append(f"the changelog's row of {party} is not the one its last decision wrote ({state})")
    if not truncated:
        strange = sorted(log.rows.keys() - left.keys())
        result.violations += [f"the row of {party} has no decision" for party in strange]
    return result
