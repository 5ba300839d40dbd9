"""What makes a row that came by message unfit to be merged, and that an honest one never is."""

import math
from typing import Any

import pytest
from msgspec import msgpack

from garbo.core.party.row_check import AHEAD, fault
from garbo.core.party.state import Consent, Contact, Need, Party, Timer, encode
from garbo.core.policy.vocabulary import DEFAULT
from tests.unit.audit.verify.recorded import _world

NOW = 1_700_000_000_000


def row(**fields: Any) -> bytes:
    return encode(Party("l", at=NOW, **fields))


def test_every_row_of_a_month_of_people_may_move() -> None:
    parties = [party for party in _world().parties() if not party.alias_of]
    latest = max(party.at for party in parties)
    assert len(parties) > 100
    assert {""} == {fault(encode(party), party.id, latest, DEFAULT.lifecycle) for party in parties}


@pytest.mark.parametrize(
    "raw",
    [b"", b"no row", b"\xc0", b"\x91" * 99_000, row()[:-3], row() + b"x", msgpack.encode(["l", "x"]), b"\x91\xa2l\xff"],
)
def test_what_cannot_be_read(raw: bytes) -> None:
    assert "cannot be read" == fault(raw, "l", NOW, DEFAULT.lifecycle)


@pytest.mark.parametrize(
    "raw",
    [
        row(pressure=math.nan),
        row(pressure=math.inf),
        row(attributes={"age": math.nan}),
        row(attributes={"n": 2**63}),
        row(name="x" * 2_000),
        row(zone="x" * 2_000),
        row(attributes={f"a{n}": n for n in range(2_000)}),
        row(recent=list(range(2_000))),
        row(lifecycle="king"),
        row(stage_since=-1),
        row(pressure_at=2**62),
        row(consents={"profiling": Consent(True, 2**62, 0)}),
        row(contacts=[Contact(-1, "", "", "", "", "", "")]),
        row(needs=[Need("n", "question", "", "web", NOW, NOW, 2**63 - 1)]),
        row(timers=[Timer("t", NOW + AHEAD + 1, "answer")]),
        row(suppressions={"all": 2**62}),
        row(alias_of="w"),
        encode(Party("somebody else")),
        encode(Party("l", at=NOW + 1)),
    ],
)
def test_what_would_harm_the_person_it_is_merged_into(raw: bytes) -> None:
    assert fault(raw, "l", NOW, DEFAULT.lifecycle)
