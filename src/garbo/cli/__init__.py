"""What a person types. One file a command; a user's mistake is one sentence, never a traceback."""

import sys

import typer

from garbo.cli import check, demo, explain, policy, replay, replay_decision, run, simulate, topics, verify
from garbo.errors import GarboError

app = typer.Typer(
    name="garbo",
    help="Decide the one best next action for a customer, or that silence is kinder, and say why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("topics")(topics.topics)
app.command("explain")(explain.explain)
app.command("simulate")(simulate.simulate)
app.command("verify")(verify.verify)
app.command("replay-decision")(replay_decision.replay_decision)
app.add_typer(policy.app, name="policy")
app.add_typer(replay.app, name="replay")


def main() -> None:
    """Run a command; exit 1 with a sentence for whatever Garbo can explain."""
    try:
        app()
    except GarboError as problem:
        print(f"garbo: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
