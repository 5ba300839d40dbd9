"""How `garbo dead-letters` reads its options, and paces what it sends."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from garbo.cli import redrive
from garbo.cli.dead_letters import latest
from garbo.cli.letters import long, short, text_of
from garbo.cli.spans import since_of
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import ConfigError
from garbo.processors.ports import ConsumerRecord
from garbo.readmodel.dead_letters import Letter, Place
from garbo.redrive.draft import Draft
from garbo.redrive.sending import BATCH
from tests.unit.processors.processor import CODEC

NOW = 1_700_000_000_000


def letter(offset: int, at: int = NOW, partition: int = 0) -> Letter:
    record = ConsumerRecord("touchpoints", partition, offset, b"k", b"v", at)
    kept = CODEC.dead_letter(CODEC.encode_dead_letter(record, "resolve", DeadLetterReason.BUG, "", at))
    return Letter(Place("touchpoints", partition, offset), kept, partition, None, "")


@pytest.mark.parametrize(("rate", "size"), [(None, BATCH), (1e9, BATCH), (7.9, 7), (0.5, 1)])
def test_batches_hold_a_second_at_most(rate: float | None, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And between two of them it sleeps until the rate is kept."""
    slept: list[float] = []
    monkeypatch.setattr(redrive, "time", SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept)))
    drafts = [Draft(letter(n)) for n in range(2 * size + 1)]
    batches = list(redrive._batches(iter(drafts), rate))
    assert [len(batch) for batch in batches] == [size, size, 1]
    assert [draft for batch in batches for draft in batch] == drafts
    assert sum(slept) == pytest.approx(0 if rate is None else 2 * size / rate)


def test_the_latest_letters_are_kept_of_all_partitions() -> None:
    letters = [letter(n, NOW + n * 10 + p, p) for p in (0, 1) for n in range(5)]
    assert [str(found.place) for found in latest(letters, 3)] == [
        "touchpoints/1/3", "touchpoints/0/4", "touchpoints/1/4"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2h", NOW - 7_200_000),
        ("1d12h", NOW - 129_600_000),
        ("2025-03-10", 1_741_564_800_000),
        ("2025-03-10T14:30+01:00", 1_741_613_400_000),
    ],
)
def test_since_is_so_long_ago_or_a_date(text: str, instant: int) -> None:
    assert since_of(text, NOW) == instant


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 has no id"),
        ('{"message": {}}', "line 2 has no id"),
        ('{"id": "touchpoints/1/1", "text": "x"}', "line 2 has no message"),
        ('{"id": "touchpoints", "message": {}}', "names no dead letter"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text(json.dumps({"id": "touchpoints/1/0", "message": {"event_id": "e"}}) + f"\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match=sentence):
        redrive._edits(path)


def test_lines_are_read_and_empty_ones_skipped(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    message: dict[str, Any] = {"event_id": "è", "at": 1, "body": {}}
    path.write_text("\n" + json.dumps({"id": "touchpoints/1/0", "message": message}) + "\n\n", "utf-8")
    assert redrive._edits(path) == {Place("touchpoints", 1, 0): message}


def test_instants_and_keys_are_written_whatever_they_are() -> None:
    assert (long(NOW), short(NOW)) == ("2023-11-14T22:13:20Z", "11-14 22:13")
    assert (long(2**62), short(-(2**62))) == (f"{2**62} ms", f"{-(2**62)} ms")
    assert (text_of("è".encode()), text_of(b"\xff")) == ("è", "0xff")
