"""The command line, one file per command. A user's mistake prints one sentence, never a traceback."""

import sys

import typer

from garbo.cli import (
    check,
    dead_letters,
    demo,
    evaluate,
    explain,
    journey,
    models,
    new,
    policy,
    policy_diff,
    policy_matrix,
    replay,
    replay_decision,
    run,
    simulate,
    topics,
    verify,
)
from garbo.errors import GarboError
from garbo.processors.topics import DEAD_LETTERS

app = typer.Typer(
    name="garbo",
    help="Garbo decides the next best action for a customer, or silence, and gives the reason.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("topics")(topics.topics)
app.command("explain")(explain.explain)
app.command("evaluate")(evaluate.evaluate)
app.command("simulate")(simulate.simulate)
app.command("models")(models.models)
app.command("verify")(verify.verify)
app.command("replay-decision")(replay_decision.replay_decision)
policy.app.command("matrix")(policy_matrix.matrix)
policy.app.command("diff")(policy_diff.diff)
app.add_typer(dead_letters.app, name=DEAD_LETTERS)  # the command is called as the topic
app.add_typer(journey.app, name="journey")
app.add_typer(policy.app, name="policy")
app.add_typer(replay.app, name="replay")


def main() -> None:
    """Run a command. Exit with 1 and a sentence for each error of Garbo, with 130 after Ctrl-C."""
    try:
        app()
    except GarboError as problem:
        print(f"garbo: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
