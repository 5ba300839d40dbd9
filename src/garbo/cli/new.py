"""`garbo new DIR --from NAME`: a policy of one's own, copied from one that comes with Garbo."""

import shutil
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from garbo.bootstrap.examples import packaged_policies
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import ConfigError

SMALLEST: Final = "empty"


def new(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder to make; left out: list the policies to start from.")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", metavar="NAME", help="Policy to copy, such as bank; empty is the smallest one.")
    ] = SMALLEST,
) -> None:
    """Start a policy of your own from one of those that come with Garbo.

    Without DIR it lists them.
    """
    known = packaged_policies()
    out = Console(highlight=False, soft_wrap=True)
    if folder is None:
        for name, path in known.items():
            out.print(f"[bold]{name:<12}[/]{escape(_title(path))}")
        return
    if source not in known:
        raise ConfigError(f"there is no policy {source!r} to start from{did_you_mean(source, known)}")
    copied = _copied(known[source], folder)
    out.print(f"[green]{copied} files[/] in {escape(str(folder))}, from {source}. Now:")
    for command, what in _next(folder):
        out.print(f"  [bold]garbo {escape(command)}[/]\n      {what}")


def _copied(source: Path, folder: Path) -> int:
    """The number of files that are now in `folder`.

    Raises:
        ConfigError: it is not empty, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"{folder} is not empty: name a folder that does not exist yet.")
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except OSError as problem:
        raise ConfigError(f"cannot write {folder}: {problem}. Check the path and its permissions.") from problem
    return sum(path.is_file() for path in folder.rglob("*"))


def _title(policy: Path) -> str:
    """The first heading of its README; empty if it has none."""
    try:
        lines = (policy / "README.md").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.lstrip("# ") for line in lines if line.startswith("#")), "")


def _next(folder: Path) -> list[tuple[str, str]]:
    return [
        (f"check {folder}", "every error with its line; after each change"),
        (f"demo --policy {folder}", "plays its stories on a broker of its own, and says why"),
        ("topics --create", "makes its topics on your broker (GARBO_BOOTSTRAP)"),
        (f"run --policy {folder}", "a worker; garbo policy publish changes its policy without a restart"),
    ]
