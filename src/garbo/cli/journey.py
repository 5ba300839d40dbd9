"""`garbo journey`: the commands about the journeys of the map."""

import typer

from garbo.cli import journey_map

app = typer.Typer(help="The journeys of the map: how they go.", no_args_is_help=True)
app.command("check")(journey_map.check)
app.command("draw")(journey_map.draw)
