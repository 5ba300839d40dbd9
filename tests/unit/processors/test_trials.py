"""Learn keeps a challenger's trial: its snapshot has the verdict, and a proof promotes where the policy says so."""

import msgspec
import pytest

from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY
from garbo.learning.snapshots import Snapshot
from garbo.processors.ports import ConsumerRecord
from tests.unit.core.small import SMALL
from tests.unit.processors.test_learn import CONSTANT, FEATURES, LOAN, Host, published, record

CHALLENGERS = {
    name: Model(
        "rival", FEATURES, 0.2, 10.0, estimator=CONSTANT, families=("f",), role="challenger", of="loan", share=0.5,
        promotion=name,
    )
    for name in ("automatic", "proposal")
}  # fmt: skip


def contested(number: int, label: int) -> ConsumerRecord:
    """A day's contact that the challenger wanted more than its champion."""
    chances = {"probability": 0.7, "champion_probability": 0.5, "challenger_probability": 0.9}
    times = {"at": (number + 14) * DAY, "decided_at": number * DAY}
    return record(number, "rival", label=label, value=10.0, cost=0.1, **times, **chances)


def judged(host: Host, label: int) -> Snapshot:
    host.run([contested(number, label) for number in range(1, 400)])
    return published(host.run([contested(400, label)]).outputs + list(host.processor.due(0, 10_000)))[-1]


@pytest.mark.parametrize(("promotion", "promoted"), [("automatic", "loan"), ("proposal", "")])
def test_a_proof_promotes_a_challenger_where_the_policy_says_so(promotion: str, promoted: str) -> None:
    models = {"loan": LOAN, "rival": CHALLENGERS[promotion]}
    host = Host()
    host.restart(models)
    snapshot = judged(host, 1)
    assert snapshot.verdict is not None
    assert (snapshot.verdict.promote, snapshot.promoted) == (True, promoted)

    host.restart(models)  # what was proved stays proved
    (again,) = published(host.run([contested(401, 0)]).outputs + list(host.processor.due(0, 20_000)))
    assert again.verdict is not None
    assert (again.verdict.promote, again.promoted) == (True, promoted)


def test_without_a_proof_nobody_is_promoted_and_the_verdict_says_what_is_missing() -> None:
    host = Host()
    host.restart({"loan": LOAN, "rival": CHALLENGERS["automatic"]})
    snapshot = judged(host, 0)
    assert snapshot.verdict is not None
    assert (snapshot.verdict.promote, snapshot.promoted) == (False, "")
    assert "does not lead" in snapshot.verdict.sentence


def test_a_consumer_reads_the_verdict_with_its_figures_from_the_topic_alone() -> None:
    """As docs/evaluation.md says: skip 21 bytes, decode msgpack, take `verdict`. No code of Garbo."""
    host = Host()
    host.restart({"loan": LOAN, "rival": CHALLENGERS["automatic"]})
    host.run([contested(number, 1) for number in range(1, 400)])
    outputs = [*host.run([contested(400, 1)]).outputs, *host.processor.due(0, 10_000)]
    value = [o.value for o in outputs if (o.topic, o.key) == ("model-snapshots", b"rival")][-1]
    assert value is not None
    body = msgspec.msgpack.decode(value[21:])
    verdict = body["verdict"]
    assert (body["model"], body["promoted"], verdict["promote"], verdict["needed"]) == ("rival", "loan", True, 80.0)
    assert verdict["evidence"] > 80.0
    assert 0.0 < verdict["at_least"] < verdict["gain"]
    assert (verdict["examples"], verdict["held"], verdict["more"]) == (400, 0, 0)
    assert verdict["sentence"].startswith("The challenger earns more: +")


def test_a_model_without_a_trial_has_no_verdict() -> None:
    assert [None] == [s.verdict for s in published(Host().run([record(1)]).outputs)]


def with_values(factor: float, **changes: object) -> Policy:
    """The small policy with its offers' values times `factor`, and the challenger with `changes`."""
    rival = msgspec.structs.replace(CHALLENGERS["automatic"], **changes)
    actions = {
        name: msgspec.structs.replace(action, value_company=action.value_company * factor)
        if isinstance(action.value_company, int | float)
        else action
        for name, action in SMALL.actions.items()
    }
    return msgspec.structs.replace(SMALL, actions=actions, models={"loan": LOAN, "rival": rival})


def after(policy: Policy) -> Snapshot:
    """The snapshot that follows a promotion under the policy as it was, then `policy` and one more example."""
    host = Host()
    host.restart({"loan": LOAN, "rival": CHALLENGERS["automatic"]})
    assert judged(host, 1).promoted == "loan"
    host.processor.use_policy(policy)
    more = host.run([contested(401, 0)]).outputs
    return published([*more, *host.processor.due(0, 20_000)])[-1]


@pytest.mark.parametrize("factor", [3.0, 0.5, 0.0])
def test_a_changed_value_begins_a_new_trial_and_the_promotion_stays(factor: float) -> None:
    """Without any value there is no trial, and the promotion stays."""
    found = after(with_values(factor))
    assert found.promoted == "loan"
    if factor:
        assert found.verdict is not None
        assert (found.verdict.promote, found.verdict.examples) == (True, 1)
        assert "proved earlier" in found.verdict.sentence


@pytest.mark.parametrize(
    "change", [{"share": 0.2}, {"role": "shadow"}, {"of": "other"}, {"estimator": {"preset": "adagrad"}}]
)
def test_a_promotion_ends_with_the_contest_that_gave_it(change: dict[str, object]) -> None:
    assert after(with_values(1.0, **change)).promoted == ""


def test_a_promotion_does_not_come_back_with_the_role() -> None:
    host = Host()
    host.restart({"loan": LOAN, "rival": CHALLENGERS["automatic"]})
    judged(host, 1)
    host.processor.use_policy(with_values(1.0, role="shadow"))
    host.processor.use_policy(with_values(1.0))
    more = host.run([contested(401, 0)]).outputs
    assert published([*more, *host.processor.due(0, 20_000)])[-1].promoted == ""
