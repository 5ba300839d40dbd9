"""Hypothesis draws the choices and shrinks those that break a promise: `python -m tests.fuzz.hypothesis_engine N`."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.fuzz.command_line import program
from tests.fuzz.scenario import play
from tests.fuzz.tally import Tally

# Bytes of one scenario's choices: eight messages of a hundred choices each. If they run out, plain choices follow.
CHOICE_BYTES = 1024
# Messages of an average scenario, to turn messages into examples.
PER_SCENARIO = 4


def run(messages: int, tally: Tally, seed: int = 0) -> None:
    """Play at least `messages` hostile messages and count them in `tally`.

    Args:
        seed: the same seed gives the same messages; 0: new ones each time.

    Raises:
        Crash: a promise was broken; the scenario is shrunk. Any other exception of the code under test, too.
    """

    @settings(
        max_examples=max(messages // PER_SCENARIO, 1),
        derandomize=False,  # also in CI: rounds must differ
        database=None,
        deadline=None,  # the oracle has its own, in processor time
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(min_size=CHOICE_BYTES, max_size=CHOICE_BYTES))
    def scenario(raw: bytes) -> None:
        play(raw, tally)

    goal = tally.messages + messages
    while tally.messages < goal:
        (seeded(seed)(scenario) if seed else scenario)()
        seed += bool(seed)  # the same seed would give the same messages


if __name__ == "__main__":
    program("Hypothesis", run)
