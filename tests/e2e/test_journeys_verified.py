"""The independent checker reads what each policy's stories left on the topics, in that policy's own words."""

import re

import pytest
from typer.testing import CliRunner

from garbo.adapters.kafka.reader import present
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings
from garbo.cli import app
from garbo.demo.runner import play
from tests.policies import EXAMPLES, policies, policy_of, stories


@pytest.mark.kafka
@pytest.mark.parametrize("policy", policies())
def test_no_promise_is_broken_and_each_decision_is_made_again_to_the_byte(policy: str, kafka: str) -> None:
    folder, settings = EXAMPLES / policy, KafkaSettings(kafka)
    before = set(present(settings))
    with play(Settings(kafka=settings, policy_dir=folder), policy_of(policy), own_broker=False) as runner:
        decided = sum(len(one.seen.decisions) for one in runner.play(stories(policy)))
        made = set(present(settings)) - before
        prefix = next(name for name in made if name.endswith("touchpoints")).removesuffix("touchpoints")
    where = ["--bootstrap", kafka, "--prefix", prefix, "--policy", str(folder)]
    checked = CliRunner().invoke(app, ["verify", *where])
    again = CliRunner().invoke(app, ["replay-decision", "--all", *where])
    assert checked.exit_code == 0, checked.output
    found = re.search(r"([\d,]+) decisions,", checked.output)
    assert found is not None
    assert int(found[1].replace(",", "")) >= decided > 0
    assert again.exit_code == 0, again.output
