"""A policy with a model that does not exist or does not conform is refused by every processor, also when it came past
`garbo policy publish`: the old one stays, with a metric and a line in the log."""

import json
import logging

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.policy.compiled import compiled
from garbo.policy.loader import bundle, load, texts_of
from garbo.processors.topics import PROCESSORS, Topics
from tests.policies import EXAMPLES

BANK = EXAMPLES / "bank"
BAD = {
    "unknown class": ("{class: river.linear_model.LogisticRegresion}", "LogisticRegresion"),
    "a class that does not conform": ("{class: river.naive_bayes.MultinomialNB}", "does not conform: empty vector"),
}


@pytest.mark.parametrize("name", PROCESSORS)
@pytest.mark.parametrize(("estimator", "why"), BAD.values(), ids=BAD.keys())
def test_a_policy_with_a_wrong_model_changes_nothing(
    name: str, estimator: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics, codec = Metrics(), AvroCodec(PackagedRegistry())
    policy = compiled(load(BANK))
    processor = ProcessorFactory(codec=codec, topics=Topics(), policy=policy, meter=metrics, clock="wall").build(name)
    texts = texts_of(bundle(BANK))
    texts["models.yaml"] = texts["models.yaml"].replace("estimator: adagrad", f"estimator: {estimator}", 1)
    with caplog.at_level(logging.ERROR):
        processor.broadcast("policy-versions", b"policy", json.dumps(texts).encode())
    refused = {"processor": name, "what": "policy"}
    assert 1 == metrics.registry.get_sample_value("garbo_refused_total", refused)
    (line,) = [record.getMessage() for record in caplog.records]
    assert name in line
    assert why in line
    used = "garbo_policy_in_use"
    versions = {s.labels["version"] for f in metrics.registry.collect() for s in f.samples if s.name == used}
    assert versions <= {policy.policy.version}
