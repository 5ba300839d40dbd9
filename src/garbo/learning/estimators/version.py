"""The version of River whose classes this process has: a state of another one is refused. Does not import River."""

from importlib.metadata import version
from typing import Final

VERSION: Final = version("river")
