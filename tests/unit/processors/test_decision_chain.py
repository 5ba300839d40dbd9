"""A decision record names its event's place and the row before and after it: each is a link of the party's chain."""

from hashlib import blake2b

from garbo.core.vocabulary.instants import MINUTE
from tests.unit.core.small import view
from tests.unit.processors.processor import DecideHost


def test_record_names_where_its_event_lay() -> None:
    host = DecideHost()
    host.batch([host.event(view()), host.event(view(), party="q")])
    assert [(0, 1), (0, 2)] == [(r.partition, r.offset) for r in host.decisions()]


def test_rows_before_and_after_make_an_unbroken_chain_also_within_a_batch() -> None:
    host = DecideHost()
    for size in (1, 3, 2):
        host.now += MINUTE
        host.batch([host.event(view()) for _ in range(size)])
    records = host.decisions()
    assert "" == records[0].prior_state
    assert [r.state for r in records[:-1]] == [r.prior_state for r in records[1:]]
    assert len(records) == len({r.state for r in records})
    assert blake2b(host.rows.rows[b"p"], digest_size=8).hexdigest() == records[-1].state


def test_duplicate_is_a_link_too_and_changes_nothing() -> None:
    host = DecideHost()
    twice = host.event(view(), event_id="e")
    host.batch([twice, twice])
    first, second = host.decisions()
    assert (first.state, first.state) == (second.prior_state, second.state)
