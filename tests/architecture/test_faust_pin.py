"""The transport leans on Faust's inside. This notices an upgrade, and names what must be looked at again.

When it fails: read the new Faust's `transport/consumer.py`, `tables/recovery.py` and `app/base.py` beside
`garbo/faust_host` and `garbo/runtime`, run the fault tests, then change what is written here.
"""

import inspect
from importlib.metadata import version

import faust
import pytest
from faust.app.base import App
from faust.streams import Stream
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.base import Transport
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer, Fetcher
from faust.transport.producer import Producer
from mode import Service

# What is overridden or called, and the parameters it was written for.
SIGNATURES = {
    # overridden: Faust calls these
    (App, "_new_transport"): ["self"],
    (App, "_new_producer_transport"): ["self"],
    (App, "_create_directories"): ["self"],
    (Consumer, "perform_seek"): ["self"],
    (Consumer, "resume_flow"): ["self"],
    (Consumer, "getmany"): ["self", "timeout"],
    (Consumer, "wait_empty"): ["self"],
    (Consumer, "commit"): ["self", "topics", "start_new_transaction"],
    (Consumer, "_add_gap"): ["self", "tp", "offset_from", "offset_to"],
    (Consumer, "on_stop"): ["self"],
    (Consumer, "__init__"): ["self", "transport"],
    (Producer, "__init__"): ["self", "transport"],
    (Transport, "__init__"): ["self", "url", "app"],
    (TableManager, "on_start"): ["self"],
    (Producer, "on_start"): ["self"],
    (Producer, "send"): ["self", "topic", "key", "value", "partition", "timestamp", "headers", "transactional_id"],
    (faust.Schema, "loads_key"): ["self", "app", "message", "loads", "serializer"],
    (faust.Schema, "loads_value"): ["self", "app", "message", "loads", "serializer"],
    # called by us
    (App, "on_rebalance_start"): ["self"],
    (Consumer, "on_partitions_assigned"): ["self", "assigned", "generation_id"],
    (Consumer, "on_partitions_revoked"): ["self", "revoked"],
    (TableManager, "_update_channels"): ["self"],
    # the order we rely on
    (Recovery, "_resume_streams"): ["self", "generation_id"],
    (Consumer, "_drain_messages"): ["self", "fetcher"],
    (Conductor, "on_partitions_assigned"): ["self", "assigned"],
}


def test_the_version_is_the_one_the_transport_was_written_for() -> None:
    assert (version("faust-streaming"), version("mode-streaming")) == ("0.15.3", "0.7.1")


def test_the_client_is_of_the_series_whose_lock_was_measured() -> None:
    """One lock through a whole poll: rule 2 of `assignment.py`."""
    assert version("confluent-kafka").startswith("2.16.")


@pytest.mark.parametrize(("owner", "name"), list(SIGNATURES), ids=lambda part: getattr(part, "__name__", part))
def test_what_is_overridden_or_called_is_there_as_it_was(owner: type, name: str) -> None:
    assert (
        list(inspect.signature(getattr(owner, name)).parameters)[: len(SIGNATURES[owner, name])]
        == (SIGNATURES[owner, name])
    )


def test_the_committer_we_replace_is_a_task_of_that_name() -> None:
    assert {"_commit_handler", "_commit_livelock_detector"} <= (Consumer._tasks or {})[Consumer._get_class_id()]


def test_acknowledgements_are_kept_where_they_are_cleared() -> None:
    source = inspect.getsource(Consumer.__init__)
    assert [name for name in ("_acked", "_acked_index", "_read_offset") if f"self.{name} =" in source] == [
        "_acked",
        "_acked_index",
        "_read_offset",
    ]


def test_without_tables_recovery_seeks_then_resumes() -> None:
    source = inspect.getsource(Recovery._resume_streams)
    steps = ["consumer.perform_seek()", "flow_control.resume()", "consumer.resume_flow()", "_fetcher.maybe_start"]
    assert sorted(steps, key=source.index) == steps


def test_the_extension_point_is_three_classes() -> None:
    assert (Transport.Consumer, Transport.Producer, Transport.Fetcher) == (Consumer, Producer, Fetcher)


def test_a_crashed_service_shows_on_the_app() -> None:
    assert isinstance(inspect.getattr_static(Service, "crashed"), property)
    assert isinstance(inspect.getattr_static(Service, "crash_reason"), property)


def test_the_cython_stream_is_left_in_its_plain_way() -> None:
    assert "cython_optimizations" in dir(faust.Settings)
    assert "_c_aiter" in dir(Stream)
