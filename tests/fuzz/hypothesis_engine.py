"""Hypothesis draws the tapes, and shrinks the one that broke a promise: `python -m tests.fuzz.hypothesis_engine N`."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.fuzz.scenario import play
from tests.fuzz.tally import Tally
from tests.fuzz.told import program

# Bytes of a tape: eight messages of a hundred choices. A tape shorter than its scenario ends in plain choices.
TAPE = 1024
# Messages of an average scenario, to turn messages into examples.
PER_SCENARIO = 4


def run(messages: int, tally: Tally, seed: int = 0) -> None:
    """At least `messages` hostile messages, noted in `tally`. Raises what broke a promise, shrunk, with its message.

    `seed`: the same messages again; 0: others each time.
    """

    @settings(
        max_examples=max(messages // PER_SCENARIO, 1),
        derandomize=False,  # also where a machine's environment says CI: rounds must differ
        database=None,
        deadline=None,  # the oracle has its own, in time of this process
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(min_size=TAPE, max_size=TAPE))
    def scenario(tape: bytes) -> None:
        play(tape, tally)

    goal = tally.messages + messages
    while tally.messages < goal:
        (seeded(seed)(scenario) if seed else scenario)()
        seed += bool(seed)  # a round with the same seed would be the same messages


if __name__ == "__main__":
    program("Hypothesis", run)
