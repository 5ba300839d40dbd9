"""I22: what the checker says about a record that a model has looked at."""

import pytest
from msgspec.structs import replace

from garbo.core.vocabulary.effects import DecisionRecord, Lineup, Scored
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.audit.verify.village import SILENT, UNPROFILED, lived, party, village_rules

VECTOR = {"numbers": (30.0,), "words": ()}
LINEUPS = {"lineups": (Lineup("", "champion", 1.0, 1.0, (), (), ()),)}


def competed(who: int) -> DecisionRecord:
    """A recorded decision about the person for which some action passed the gates."""
    mine = (d for d in Recorded(lived()).decisions() if d.party == party(who) and d.scored)
    return next(mine)


def broken(record: DecisionRecord) -> list[str]:
    """What I22 says after `record` took the place of the one with its id."""
    run = Recorded(lived())
    stored = run.log["decisions"]
    place = next(
        i for i, r in enumerate(stored) if run.codec.decision(r.value or b"").decision_id == record.decision_id
    )
    stored[place] = replace_value(stored[place], run.codec.encode(record))
    (result,) = (j for j in run.report(by=village_rules()).results if j.name == "I22")
    return result.violations


def replace_value(record: object, value: bytes) -> object:
    return record._replace(value=value)  # type: ignore[attr-defined]


def test_record_as_it_was_made_is_no_violation() -> None:
    assert not broken(competed(UNPROFILED))


@pytest.mark.parametrize(("given", "says"), [(VECTOR, "a vector"), (LINEUPS, "lineups")])
def test_record_with_a_vector_of_somebody_without_profiling_is_seen(given: dict[str, object], says: str) -> None:
    (violation,) = broken(replace(competed(UNPROFILED), **given))
    assert says in violation
    assert violation.endswith("without profiling")


def test_record_with_a_models_answer_about_them_is_seen() -> None:
    found = competed(UNPROFILED)
    scored: tuple[Scored, ...] = tuple(replace(s, model_output=0.3) for s in found.scored)
    (violation,) = broken(replace(found, scored=scored))
    assert "a model's answer" in violation


def test_somebody_with_the_consents_may_be_looked_at() -> None:
    assert not broken(replace(competed(0), **VECTOR))


def test_nothing_is_looked_at_of_who_has_not_given_personal_data() -> None:
    records = [d for d in Recorded(lived()).decisions() if d.party == party(SILENT)]
    assert records
    assert not any(d.numbers or d.words or d.lineups for d in records)
