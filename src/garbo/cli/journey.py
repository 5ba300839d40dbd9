"""`garbo journey`: the commands about the journeys of the map."""

import typer

from garbo.cli import journey_feedback, journey_kpis, journey_map, journey_recompute

app = typer.Typer(help="The journeys of the map: how they go.", no_args_is_help=True)
app.command("check")(journey_map.check)
app.command("draw")(journey_map.draw)
app.command("feedback")(journey_feedback.feedback)
app.command("kpis")(journey_kpis.kpis)
app.command("recompute")(journey_recompute.recompute_kpis)
