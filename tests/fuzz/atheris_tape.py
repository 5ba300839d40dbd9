"""atheris mutates the tapes, and keeps those that reach new code of Garbo: `python -m tests.fuzz.atheris_tape N`."""

import atheris

with atheris.instrument_imports(include=["garbo"]):
    from tests.fuzz.hypothesis_engine import TAPE
    from tests.fuzz.scenario import ENTRANCES, play

from random import Random

from tests.fuzz.atheris_engine import fuzz


def seeds() -> list[bytes]:
    """A tape for each entrance, so that none waits to be found."""
    return [bytes((n,)) + Random(n).randbytes(TAPE - 1) for n in range(len(ENTRANCES))]


if __name__ == "__main__":
    fuzz("atheris, tapes", play, seeds(), TAPE)
