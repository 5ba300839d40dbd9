"""atheris mutates the choices and keeps those that reach new code: `python -m tests.fuzz.atheris_choices N`."""

import atheris

with atheris.instrument_imports(include=["garbo"]):
    from tests.fuzz.hypothesis_engine import CHOICE_BYTES
    from tests.fuzz.scenario import ENTRANCES, play

from random import Random

from tests.fuzz.atheris_engine import fuzz


def seeds() -> list[bytes]:
    """Choices for each entrance, so that atheris starts with all of them."""
    return [bytes((n,)) + Random(n).randbytes(CHOICE_BYTES - 1) for n in range(len(ENTRANCES))]


if __name__ == "__main__":
    fuzz("atheris, choices", play, seeds(), CHOICE_BYTES)
