"""Commands whose dispatcher says nothing."""

from msgspec.structs import replace

from garbo.core.party.state import Contact, Party, Pending
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.vocabulary.instants import HOUR
from garbo.processors.awaited_reports import AwaitedReports, Room
from tests.unit.core.small import NOON, SMALL

POLICY = replace(SMALL, channels={"email": ChannelPolicy("email", reports_within=4 * HOUR)})


def watching(room: Room | None = None) -> AwaitedReports:
    """A partition that has been open for a while."""
    awaited = AwaitedReports(room or Room())
    assert list(awaited.late(0)) == []
    return awaited


def test_a_command_without_a_report_is_late_once_and_at_its_instant() -> None:
    awaited = watching()
    awaited.expect("a", "email", NOON)
    assert [list(awaited.late(now)) for now in (NOON - 1, NOON, NOON + HOUR)] == [[], ["email"], []]


def test_a_reported_command_is_not_late() -> None:
    awaited = watching()
    awaited.expect("a", "email", NOON)
    awaited.expect("b", "sms", NOON)
    awaited.reported("a")
    awaited.reported("a")
    awaited.reported("never seen")
    assert list(awaited.late(NOON)) == ["sms"]


def test_what_is_late_at_the_opening_was_counted_by_the_worker_before() -> None:
    awaited = AwaitedReports(Room())
    awaited.expect("a", "email", NOON - 1)
    awaited.expect("b", "email", NOON + 1)
    assert [list(awaited.late(now)) for now in (NOON, NOON + 1)] == [[], ["email"]]


def test_memory_is_bounded_for_all_partitions_and_given_back() -> None:
    room = Room(3)
    one, other = watching(room), watching(room)
    for n in range(2):
        one.expect(f"a{n}", "email", NOON)
        other.expect(f"b{n}", "email", NOON)
    assert (len(one), len(other)) == (2, 1)
    one.reported("a0")
    other.expect("b9", "email", NOON)
    assert (len(one), len(other), room.left) == (1, 2, 0)
    assert list(other.late(NOON)) == ["email", "email"]
    one.close()
    assert room.left == 3


def test_reports_that_came_leave_no_long_heap() -> None:
    """An e-mail is reported within seconds, and due in hours: what is settled must not stay in memory until then."""
    awaited = watching()
    for n in range(10_000):
        awaited.expect(f"a{n}", "email", NOON + n)
        if n >= 10:
            awaited.reported(f"a{n - 10}")
    assert (len(awaited), len(awaited._heap) < 2_000) == (10, True)
    assert len(list(awaited.late(NOON + HOUR))) == 10


def test_a_row_is_awaited_for_what_was_sent_and_not_reported() -> None:
    def pending(name: str, channel: str, **more: bool) -> Pending:
        return Pending(name, "offer", "f", channel, "card", NOON, 1.0, 0.1, "", **more)

    def line(name: str, channel: str, *, rider: bool = False) -> Contact:
        return Contact(NOON, channel, "offer", "marketing", "own_promotion", "card", name, rider=rider)

    row = Party(
        "p",
        pending=[
            pending("sent", "email"), pending("reported", "email", reported=True), pending("shown", "email"),
            pending("silent", "sms"), pending("forgotten", "email"),
        ],
        contacts=[
            line("sent", "email"), line("reported", "email"), line("shown", "email", rider=True), line("silent", "sms"),
        ],
    )  # fmt: skip
    awaited = watching()
    awaited.expect_row(row, POLICY)
    assert len(awaited) == 1
    assert [list(awaited.late(NOON + wait * HOUR)) for wait in (3, 4)] == [[], ["email"]]
