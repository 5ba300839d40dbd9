"""One contract for every inbox of a dispatcher."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from garbo.client import Command, Inbox, MemoryInbox, Result, SqliteInbox, Unreadable
from garbo.client.inbox import BATCH, KEPT_MS

NOW = 1_709_550_000_000
HOUR = 3_600_000


def command(action_id: str, at: int = NOW, expires_at: int = NOW + HOUR) -> tuple[Command, bytes]:
    made = Command(
        action_id, "d", f"p-{action_id}", "email", "thanks", "marketing", "own_promotion", "", at, expires_at,
        "a@example.org", "it", "Gentile", {},
    )  # fmt: skip
    return made, f"bytes of {action_id}".encode()


@pytest.fixture(params=["memory", "sqlite"])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Inbox:
    return MemoryInbox() if request.param == "memory" else SqliteInbox(tmp_path / "inbox.sqlite")


def test_the_first_copy_of_an_id_stays(inbox: Inbox) -> None:
    assert inbox.keep([command("a"), command("b")], []) == 2
    assert inbox.keep([(command("a")[0], b"another copy"), command("c")], []) == 1
    assert dict(inbox.due(NOW)) == {name: f"bytes of {name}".encode() for name in "abc"}


def test_a_copy_of_what_is_settled_changes_nothing(inbox: Inbox) -> None:
    inbox.keep([command("a")], [])
    inbox.claim("a")
    inbox.settle("a", "delivered", NOW)
    assert inbox.keep([command("a")], []) == 0
    assert inbox.due(NOW) == []


def test_a_batch_is_kept_whole_or_not_at_all(inbox: Inbox) -> None:
    with pytest.raises(Exception, match=r"bind|binding"):
        inbox.keep([command("a")], [("too", "few")])  # type: ignore[list-item]
    assert inbox.due(NOW) == []
    assert inbox.keep([command("a")], [Unreadable("t", 0, 7, "malformed")]) == 1


def test_what_is_due_comes_earliest_first_and_in_batches(inbox: Inbox) -> None:
    inbox.keep([command(f"a{n:03}", NOW - n) for n in range(BATCH + 5)] + [command("later", NOW + 1)], [])
    found = [action_id for action_id, _ in inbox.due(NOW)]
    assert found == [f"a{n:03}" for n in range(BATCH + 4, 4, -1)]


def test_one_caller_may_claim(inbox: Inbox) -> None:
    inbox.keep([command("a")], [])
    assert [inbox.claim("a"), inbox.claim("a"), inbox.claim("nobody's")] == [True, False, False]
    assert inbox.due(NOW) == []


def test_what_is_settled_is_unreported_until_it_is_reported(inbox: Inbox) -> None:
    inbox.keep([command("a"), command("b"), command("c")], [])
    inbox.claim("a")
    inbox.settle("a", "no_answer", NOW + 2)
    inbox.skip("b", NOW + 1)
    assert inbox.unreported() == [Result("b", "p-b", "failed", NOW + 1), Result("a", "p-a", "no_answer", NOW + 2)]
    inbox.reported(inbox.unreported()[:1])
    assert [r.action_id for r in inbox.unreported()] == ["a"]


def test_what_somebody_acts_on_is_not_skipped(inbox: Inbox) -> None:
    inbox.keep([command("a")], [])
    inbox.claim("a")
    inbox.skip("a", NOW)
    assert inbox.unreported() == []


@pytest.mark.parametrize(("again", "due"), [(True, ["fresh"]), (False, [])])
def test_a_doubt_waits_again_or_is_left_and_is_never_reported(inbox: Inbox, again: bool, due: list[str]) -> None:
    inbox.keep([command("fresh"), command("old", expires_at=NOW - 1)], [])
    inbox.claim("fresh")
    inbox.claim("old")
    inbox.settle_doubts(NOW, again=again)
    assert ([action_id for action_id, _ in inbox.due(NOW)], inbox.unreported()) == (due, [])


def test_an_id_is_known_as_long_as_a_copy_can_come(inbox: Inbox) -> None:
    inbox.keep([command("done"), command("waiting"), command("doubt")], [])
    for name in ("done", "doubt"):
        inbox.claim(name)
    inbox.settle("done", "delivered", NOW)
    inbox.settle_doubts(NOW, again=False)
    inbox.reported(inbox.unreported())
    again = [command("done"), command("waiting"), command("doubt")]
    inbox.forget(NOW + HOUR + KEPT_MS)
    assert inbox.keep(again, []) == 0
    inbox.forget(NOW + HOUR + KEPT_MS + 1)
    assert inbox.keep(again, []) == 2  # the one that waits was never acted on, and stays


def test_a_file_survives_its_process_and_holds_no_message_of_what_is_settled(tmp_path: Path) -> None:
    reopen: Callable[[], SqliteInbox] = lambda: SqliteInbox(tmp_path / "inbox.sqlite")  # noqa: E731
    first = reopen()
    first.keep([command("a"), command("b")], [])
    first.claim("a")
    first.settle("a", "delivered", NOW)
    second = reopen()
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as file:
        assert file.execute("SELECT action_id FROM actions WHERE command IS NOT NULL").fetchall() == [("b",)]
    assert [action_id for action_id, _ in second.due(NOW)] == ["b"]
    assert [r.action_id for r in second.unreported()] == ["a"]
    assert second.keep([command("a"), command("b")], []) == 0
