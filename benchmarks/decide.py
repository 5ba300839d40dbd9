"""CPU of one decision, by the size of the catalogue and by who competes.

    python -m benchmarks.decide [--json] [--rounds 2000]

One process, no broker: `core.decide.handle` on a decoded row, and the decide processor's whole step (Avro in; row,
record and command out). Catalogues of 20, 100 and 500 actions with three treatments each, over four life-cycle states
and eight themes, with caps, spacing, quiet hours and a model's features, as a bank's. For each catalogue:

 nothing      an event that no action names
 theme        an event that every action names with its own theme: those of one theme and state compete
 twenty       a proactive point at which 20 actions compete and pass all gates, whatever the catalogue's size
 all          a proactive point at which every action of the party's state competes
"""

import argparse
import gc
import json
import time
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.decide import Env, handle
from garbo.core.party.state import Consent, Interest, Party, Timer, decode, encode
from garbo.core.policy.actions import Action, ActionClass, Treatment, Trigger
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import Cap, ContactPolicy, QuietHours, Spacing
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.models import Feature, Model
from garbo.core.policy.policy import Arbitration, Policy
from garbo.core.policy.proactive import Proactive
from garbo.core.policy.themes import Theme
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.defaults import CUSTOMER, Channel
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import Body, PartyEvent, TimerFired, Touchpoint
from garbo.core.vocabulary.instants import DAY
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, Work
from garbo.processors.topics import Topics

NOON = 1_709_719_200_000
THEMES = tuple(f"theme_{n}" for n in range(8))
SIZES = (20, 100, 500)
COMPETING = 20


def catalogue(size: int, competing: int | None) -> CompiledPolicy:
    """`size` offers over states and themes; of the party's state, `competing` compete proactively (None: all)."""
    actions: dict[str, Action] = {}
    invited = 0
    for n in range(size):
        state = CUSTOMER if competing is not None and n < competing else list(DEFAULT.lifecycle)[n % 4]
        proactive = state == CUSTOMER and (competing is None or invited < competing)
        invited += proactive
        when = [Trigger("touchpoint", "page_view", "=", behavioural=True), Trigger("inbound")]
        actions[f"offer_{n}"] = Action(
            f"offer_{n}",
            ActionClass.MARKETING,
            "personalised_promotion",
            THEMES[n % len(THEMES)],
            (
                Treatment("email", {"it": "Ciao {name}"}),
                Treatment("push", {"it": "Ciao {name}"}),
                Treatment("app", {"it": "Ciao {name}"}, inbound=True),
            ),
            group="g",
            family="g",
            when=(*when, Trigger("proactive")) if proactive else tuple(when),
            lifecycle=(state,),
            value_company=10.0 + n % 7,
            value_customer=5.0,
            context={"customer": 1.1},
            cooldown=30 * DAY,
        )
    policy = Policy(
        "benchmark",
        zone="Europe/Rome",
        languages=("it",),
        touchpoints={kind: TouchpointKind(kind) for kind in ("page_view", "balance_check")},
        themes={theme: Theme(theme) for theme in THEMES},
        actions=actions,
        contact=ContactPolicy(
            caps=(
                Cap("week", 7 * DAY, 3), Cap("emails", 7 * DAY, 2, channels=("email",)),
                Cap("pushes", 7 * DAY, 2, channels=("push",)),
                Cap("third", 30 * DAY, 1, purposes=("third_party_promotion",)),
                Cap("busy", 7 * DAY, 6, counts=("marketing", "service")),
            ),
            spacings=(Spacing("day", DAY, counts=("marketing",)),),
            quiet_hours={"email": QuietHours(23 * 60, 7 * 60), "push": QuietHours(21 * 60, 9 * 60)},
        ),
        arbitration=Arbitration(exploration=0.02),
        models={"g": Model("g", (Feature("age", "number"), Feature("job", "category")), 0.2, 100.0)},
        proactive=Proactive(silence=21 * DAY),
    )  # fmt: skip
    return compiled(policy)


def party() -> Party:
    row = Party("0-benchmark", at=NOON - DAY, lifecycle="customer", lifecycle_since=NOON - 300 * DAY, name="Anna")
    row.identifiers = [("customer_id", "C"), ("email", "a@example.org"), ("device", "d")]
    row.attributes = {"age": 40, "job": "services"}
    for name in ("personal_data", "own_promotion", "profiling"):
        row.consents[name] = Consent(True, NOON - 300 * DAY, 1)
    row.interests["theme_1"] = Interest(1.5, NOON - DAY)
    row.timers = [Timer("clock", NOON, "proactive")]
    return row


CASES: dict[str, tuple[Callable[[int], CompiledPolicy], Body]] = {
    "nothing": (lambda n: catalogue(n, COMPETING), Touchpoint(Channel.APP, "balance_check")),
    "theme": (lambda n: catalogue(n, COMPETING), Touchpoint(Channel.WEB, "page_view", theme="theme_1")),
    "twenty": (lambda n: catalogue(n, COMPETING), TimerFired("clock", NOON)),
    "all": (lambda n: catalogue(n, None), TimerFired("clock", NOON)),
}


def measured(policy: CompiledPolicy, body: Body, rounds: int) -> dict[str, Any]:
    """Microseconds of CPU a decision: the core alone, and the processor's step."""
    row, codec = encode(party()), AvroCodec(PackagedRegistry())
    # A stage so old that the clock strikes `silence` at once.
    event = PartyEvent("e", "0-benchmark", NOON, body, 7)
    env = Env(policy, at=NOON)
    decided = handle(decode(row), event, env).effects[-1]
    assert isinstance(decided, DecisionRecord)
    core = _cpu(lambda: lambda n: handle(decode(row), replace(event, event_id=f"e{n}"), env), rounds)
    factory = ProcessorFactory(codec=codec, topics=Topics(), policy=policy, meter=Silent(), clock="stream")
    keys = [f"0-{n}" for n in range(rounds)]  # a party each: a second event of one party would be decided otherwise
    stored = {key.encode(): encode(replace(party(), id=key)) for key in keys}
    messages = [
        ConsumerRecord(
            "party-events", 0, n, key.encode(), codec.encode_event(replace(event, party=key, event_id=f"e{n}")), NOON
        )
        for n, key in enumerate(keys)
    ]

    def fresh() -> Callable[[int], Work]:
        rows, processor = _Rows(stored), factory.decide()
        processor.open(0, rows)
        return lambda n: processor.process(0, messages[n : n + 1], rows, NOON)

    if any(output.topic == Topics().dead_letters for output in fresh()(0).outputs):
        raise SystemExit("the step does not decide this: its message is a dead letter")
    step = _cpu(fresh, rounds)
    return {"feasible": len(decided.scored), "core_us": core, "step_us": step}


class _Rows(dict[bytes, bytes]):
    def scan(self, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
        return list(self.items())


def _cpu(fresh: Callable[[], Callable[[int], object]], rounds: int) -> float:
    """Microseconds a call, the best of three rounds. fresh: makes what is called with 0 to `rounds` - 1, once each."""
    once = fresh()
    for n in range(min(rounds, 50)):
        once(n)
    best = float("inf")
    for _ in range(3):
        once = fresh()
        gc.collect()
        started = time.process_time()
        for n in range(rounds):
            once(n)
        best = min(best, (time.process_time() - started) / rounds * 1e6)
    return round(best, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=2000, help="decisions of each case; the best of three is shown")
    given = parser.parse_args()
    found = {
        f"{case} of {size}": measured(policy(size), body, given.rounds)
        for case, (policy, body) in CASES.items()
        for size in SIZES
    }
    if given.json:
        print(json.dumps(found))
        return
    print(f"{'case':16} {'feasible':>9} {'core us':>9} {'step us':>9}")
    for name, row in found.items():
        print(f"{name:16} {row['feasible']:9} {row['core_us']:9} {row['step_us']:9}")


if __name__ == "__main__":
    main()
