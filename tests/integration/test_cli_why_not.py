"""`garbo explain --why-not` and `--from/--to` against a broker, over the history of a whole catalogue of `when`.

The policy that decided is not published, as after a policy folder was lost: then the records alone answer.
"""

import json

import pytest
from typer.testing import CliRunner, Result

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.cli import app
from garbo.core.vocabulary.effects import DecisionRecord
from tests.unit.explain.catalogue import history


@pytest.fixture
def records(embedded: KafkaSettings) -> list[DecisionRecord]:
    """The decisions about the party with the most of them, in order; all of the history are on the broker."""
    codec = AvroCodec(PackagedRegistry())
    with Writer(embedded) as writer:
        for record in history():
            writer.write(embedded.topic("decisions"), record.party.encode(), codec.encode(record))
    parties = [record.party for record in history()]
    whose = max(set(parties), key=parties.count)
    return sorted((r for r in history() if r.party == whose), key=lambda r: (r.at, r.offset))


def garbo(kafka: KafkaSettings, *arguments: str) -> Result:
    options = ["--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    env = {"GARBO_TRANSACTIONAL": str(kafka.transactional).lower(), "COLUMNS": "200"}
    return CliRunner().invoke(app, ["explain", *arguments, *options], env=env)


def told(kafka: KafkaSettings, *arguments: str) -> list[dict[str, object]]:
    result = garbo(kafka, *arguments, "--json")
    assert result.exception is None, result.exception
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def ids(entries: list[dict[str, object]]) -> list[str]:
    return [entry["decision"]["decision_id"] for entry in entries]  # type: ignore[index]


def test_a_span_selects_all_its_decisions_in_order(embedded: KafkaSettings, records: list[DecisionRecord]) -> None:
    """Dates are whole days of Rome, `--to` included; the five latest are the default only without a span."""
    party = records[0].party
    march = [r.decision_id for r in records if 1_710_025_200_000 <= r.at < 1_710_889_200_000]  # 10 to 19 March, Rome
    assert len(march) > 5
    assert ids(told(embedded, party, "--from", "2024-03-10", "--to", "2024-03-19")) == march
    assert ids(told(embedded, party, "--from", "2024-03-10", "--to", "2024-03-19", "--last", "2")) == march[-2:]
    first, *_, last = records
    assert ids(told(embedded, party, "--to", "2024-03-04T09:00"))[:1] == [first.decision_id]
    assert ids(told(embedded, party, "--from", "2024-03-04T08:00+00:00"))[-1:] == [last.decision_id]


def test_every_date_has_its_year(embedded: KafkaSettings, records: list[DecisionRecord]) -> None:
    said = garbo(embedded, records[-1].decision_id).stdout
    assert said.count(" 2024, ") >= 2


def test_why_not_answers_for_the_latest_decision_or_for_the_one_that_is_named(
    embedded: KafkaSettings, records: list[DecisionRecord]
) -> None:
    (latest,) = told(embedded, records[0].party, "--why-not", "visit")
    assert ids([latest]) == [records[-1].decision_id]
    held = next(r for r in records if any(b.action == "visit" for b in r.blocked))
    (entry,) = told(embedded, held.decision_id, "--why-not", "visit")
    assert entry["why_not"] == {"action": "visit", "why": "held_back"}
    assert entry["sentences"][1] == "“visit” was held back."  # type: ignore[index]
    many = told(embedded, records[0].party, "--why-not", "visit", "--from", "2024-03-10", "--to", "2024-03-19")
    assert len(many) > 5
    assert {entry["why_not"]["action"] for entry in many} == {"visit"}  # type: ignore[index]


def test_an_action_that_is_not_named_and_whose_policy_is_lost_says_so_in_both_languages(
    embedded: KafkaSettings, records: list[DecisionRecord]
) -> None:
    english = garbo(embedded, records[0].party, "--why-not", "visit", "--from", "2024-03-04").stdout
    assert "neither published nor in the policy folder" in english
    italian = garbo(embedded, records[0].party, "--why-not", "visit", "--from", "2024-03-04", "-l", "it").stdout
    assert "non sono né pubblicate né nella cartella" in italian
