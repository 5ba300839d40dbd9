"""An evaluation of a log whose truth is known, from the records to the report."""

from collections.abc import Callable
from functools import cache

import msgspec
import pytest

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Learn
from garbo.errors import ConfigError, NotFoundError
from garbo.evaluation.report import Evaluated, evaluate, longest_window
from garbo.evaluation.rows import Rows, decision_row, example_row
from garbo.evaluation.targets import FACTORS
from tests.unit.evaluation.scene import Scene, scene


@cache
def played() -> Scene:
    return scene(6_000)


def rows(records: list[DecisionRecord] | None = None, examples: list[Learn] | None = None) -> Rows:
    one = played()
    return Rows(
        [decision_row(r) for r in (one.records if records is None else records)],
        [example_row(e) for e in (one.examples if examples is None else examples)],
    )


def at_hand(policy: Policy) -> Callable[[str], Policy | None]:
    return lambda version: policy if version == policy.version else None


def named(targets: list[Evaluated], name: str) -> Evaluated:
    return next(one for one in targets if one.name == name)


def test_champions_and_challenger_are_estimated_as_they_are() -> None:
    one = played()
    report = evaluate(rows(), at_hand(one.policy), 0)
    for name, truth in zip(("champions", "better"), one.worth, strict=True):
        result = named(report.targets, name).estimates
        assert result is not None
        assert not result.refused
        assert not result.doubts
        assert result.snips.low < truth < result.snips.high
        assert result.dr.low < truth < result.dr.high
    champions, better = (named(report.targets, n).estimates for n in ("champions", "better"))
    assert champions is not None
    assert better is not None
    assert champions.gain.high < 0.0 < better.gain.low


def test_every_decision_is_counted_once() -> None:
    s = evaluate(rows(), at_hand(played().policy), 0).selection
    assert s.decided == 6_000 == len(s.draws) == s.silent + s.answered + s.unknown
    assert s.unknown == 0


def test_each_factor_is_left_out_in_turn() -> None:
    report = evaluate(rows(), at_hand(played().policy), 0, models=[])
    without = {one.name: one for one in report.targets if one.kind == "without"}
    assert list(without) == list(FACTORS)
    assert all(one.unknown == 0 for one in without.values())
    same, changed = without["lever"].estimates, without["customer_value"].estimates
    champions = named(report.targets, "champions").estimates
    assert same is not None
    assert changed is not None
    assert champions is not None
    assert same.ips == pytest.approx(champions.ips)  # the levers of these three are equal or do not decide
    assert changed.ips.mean != pytest.approx(champions.ips.mean)


def test_a_decision_that_cannot_be_repeated_is_left_out_of_the_factors() -> None:
    report = evaluate(rows(), lambda version: None, 0, factors=["context"])
    (one,) = [t for t in report.targets if t.kind == "without"]
    assert (one.unknown, one.estimates) == (6_000, None)
    assert "cannot be said" in one.refused[0]
    other = msgspec.structs.replace(played().policy.arbitration, exploration=0.9)
    changed = msgspec.structs.replace(played().policy, arbitration=other)
    (one,) = [t for t in evaluate(rows(), at_hand(changed), 0, models=[], factors=["context"]).targets
              if t.kind == "without"]  # fmt: skip
    assert one.unknown == 6_000


def test_decisions_without_profiling_or_without_a_draw_are_left_out_and_counted() -> None:
    bare = [msgspec.structs.replace(r, numbers=(), words=(), lineups=()) for r in played().records[:100]]
    confirmed = [msgspec.structs.replace(r, confirmation="confirmed") for r in played().records[100:150]]
    service = [
        msgspec.structs.replace(
            r, lineups=(), silence_probability=0.0, scored=(msgspec.structs.replace(r.scored[0], probability=1.0),)
        )
        for r in played().records[150:170]
    ]
    s = evaluate(rows([*bare, *confirmed, *service, *played().records[170:]]), at_hand(played().policy), 0).selection
    assert (s.unprofiled, s.undrawn, len(s.draws)) == (100, 70, 5_830)


def test_decisions_whose_windows_are_open_are_left_out_whatever_was_chosen() -> None:
    minutes = 1_000
    s = evaluate(rows(), at_hand(played().policy), minutes * 60_000).selection
    assert (s.open, len(s.draws)) == (minutes, 5_000)
    assert s.silent > 0


def test_a_contact_without_an_example_earns_nothing() -> None:
    none = evaluate(rows(examples=[]), at_hand(played().policy), 0, models=["better"], factors=[])
    assert none.selection.answered == 0
    assert none.selection.unknown > 0
    result = named(none.targets, "better").estimates
    assert result is not None
    assert result.ips.mean == 0.0


def test_of_several_examples_of_a_contact_the_yes_within_the_window_wins() -> None:
    def of(*kinds: tuple[str, int]) -> float:
        record = next(r for r in played().records if r.chosen)
        example = next(e for e in played().examples if e.example_id.startswith(record.action_id + "/"))
        several = [
            msgspec.structs.replace(example, kind=kind, label=label, example_id=f"{example.example_id}/{kind}")
            for kind, label in kinds
        ]
        (draw,) = evaluate(rows([record], several), at_hand(played().policy), 0).selection.draws
        return draw.reward + example.cost

    assert of(("early_no", 0)) == 0.0
    assert of(("early_no", 0), ("early_yes", 1)) > 0.0
    assert of(("early_yes", 1), ("early_no", 0)) > 0.0
    assert of(("close", 0), ("late_yes", 1)) == 0.0


def test_records_that_contradict_themselves_are_counted() -> None:
    odd = [msgspec.structs.replace(r, silence_probability=0.9) for r in played().records[:10]]
    s = evaluate(rows([*odd, *played().records[10:]]), at_hand(played().policy), 0).selection
    assert (s.odd, len(s.draws)) == (10, 5_990)


def test_a_small_log_is_refused() -> None:
    report = evaluate(rows(played().records[:250]), at_hand(played().policy), 0)
    assert report.refused
    assert "effective sample size" in named(report.targets, "better").refused[0]
    data = report.data()
    assert all("ips" not in one for one in data["targets"])
    assert evaluate(Rows(), at_hand(played().policy), 0).refused


def test_unknown_models_and_factors_are_refused_by_name() -> None:
    with pytest.raises(NotFoundError, match=r"`worse`: there are better"):
        evaluate(rows(), at_hand(played().policy), 0, models=["worse"])
    with pytest.raises(ConfigError, match="no factor `luck`"):
        evaluate(rows(), at_hand(played().policy), 0, factors=["luck"])


def test_the_longest_window_of_any_channel_counts() -> None:
    policy = played().policy
    assert longest_window([policy]) == max(m.target.window for m in policy.models.values())
    name, model = next(iter(policy.models.items()))
    target = msgspec.structs.replace(model.target, windows={"letter": 10**12})
    changed = {**policy.models, name: msgspec.structs.replace(model, target=target)}
    assert longest_window([msgspec.structs.replace(policy, models=changed)]) == 10**12
    assert longest_window([]) == 0
