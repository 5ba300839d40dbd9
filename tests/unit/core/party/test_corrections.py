"""Staff corrects a reading: examples without text, only with consent, and nothing else of the customer changes."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from garbo.core.party.state import decode, encode
from garbo.core.policy.actions import Trigger
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.reading import Classified
from garbo.core.policy.words import fault
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord, Learn
from garbo.core.vocabulary.events import Direction, Touchpoint, Value
from garbo.text.learnt import LearntReader
from garbo.text.reader import SeedReader
from tests.unit.core.small import EMAIL, REACHABLE, SEEDS, SMALL, Log, action, consent, touch, view

TEXT = "Chi ha prelevato i miei soldi a Caracas?"
KINDS = {**SMALL.touchpoints, "relabel": TouchpointKind("relabel", corrects=True, behaviour=False)}
READER = LearntReader(SeedReader(SEEDS), ("intent", "theme"))


def policy(**more: object) -> CompiledPolicy:
    offer = action("any_touch", when=(Trigger("touchpoint"),))
    return compiled(replace(SMALL, actions={offer.name: offer}, touchpoints=KINDS, reader=READER, **more))


def relabel(text: str = TEXT, **right: Value) -> Touchpoint:
    return touch("relabel", text=text, attributes={f"right_{part}": name for part, name in right.items()})


def customer(*consents: str, given: CompiledPolicy | None = None) -> Log:
    log = Log(given or policy())
    log.happen(view())
    for name in consents:
        log.happen(consent(name))
    return log


PROFILED = ("personal_data", "profiling")


def learnt(log: Log, correction: Touchpoint) -> list[Learn]:
    return [effect for effect in log.happen(correction) if isinstance(effect, Learn)]


def test_a_correction_gives_an_example_for_each_part_that_it_names_and_the_policy_learns() -> None:
    log = customer(*PROFILED)
    found = learnt(log, relabel(intent="call_me", theme="card", tone="negative"))
    assert [("text.theme", "card"), ("text.intent", "call_me")] == [(one.model, one.action) for one in found]
    assert [{"class=card"}, {"class=call_me"}] == [{k for k in one.features if k.startswith("class=")} for one in found]
    assert [{"seed="}, {"seed=question"}] == [{k for k in one.features if k.startswith("seed=")} for one in found]
    assert [1, 1] == [one.label for one in found]
    assert 2 == len({one.example_id for one in found})


def test_a_theme_may_stand_in_its_own_field() -> None:
    log = customer(*PROFILED)
    assert ["card"] == [one.action for one in learnt(log, replace(relabel(), theme="card"))]
    assert ["loan"] == [one.action for one in learnt(log, replace(relabel(theme="loan"), theme="card"))]
    assert fault(replace(relabel(), theme="cards"), policy().policy) is not None


def test_no_word_of_the_text_is_in_the_example() -> None:
    (example,) = learnt(customer(*PROFILED), relabel(intent="none"))
    assert example.action == ""
    assert all(key[0] == "#" for key in example.features if key not in ("seed=question", "class="))
    assert "caracas" not in repr(example).lower()


def test_what_it_does_not_name_and_what_has_no_text_teaches_nothing() -> None:
    log = customer(*PROFILED)
    assert not learnt(log, relabel())
    assert not learnt(log, relabel("", intent="call_me"))
    assert not learnt(log, relabel("- -", intent="call_me"))
    assert not learnt(customer(*PROFILED, given=compiled(replace(policy().policy, reader=SeedReader(SEEDS)))),
                      relabel(intent="call_me"))  # fmt: skip


def test_without_both_consents_nothing_is_learnt() -> None:
    for consents in ((), ("personal_data",), ("profiling",)):
        assert not learnt(customer(*consents), relabel(intent="call_me"))
    log = customer(*PROFILED)
    log.happen(consent("profiling", granted=False))
    assert not learnt(log, relabel(intent="call_me"))


def test_it_says_nothing_about_the_customer() -> None:
    log = customer(*PROFILED, "own_promotion")
    before = decode(log.rows["p"])
    effects = log.happen(relabel("Vergogna! Non scrivetemi più, chiamatemi", theme="card", intent="complaint"))
    after = decode(log.rows["p"])
    after.at, after.recent, after.applied = before.at, before.recent, before.applied
    assert encode(after) == encode(before)
    (record,) = [effect for effect in effects if isinstance(effect, DecisionRecord)]
    assert ("relabel", "", "", ()) == (record.event_kind, record.chosen, record.event_detail, record.blocked)


def test_a_word_that_the_policy_does_not_have_is_a_fault() -> None:
    given = policy().policy
    assert fault(relabel(intent="call_me", theme="none", tone="negative"), given) is None
    for wrong, unknown in (
        (relabel(intent="cal_me"), True),
        (relabel(theme="cards"), True),
        (relabel(tone="angry"), True),
        (relabel(tones="negative"), True),
        (relabel(intent=3), False),
        (replace(relabel(intent="call_me"), direction=Direction.OUTBOUND), False),
    ):
        found = fault(wrong, given)
        assert found is not None
        assert found.unknown is unknown
        assert "Caracas" not in found.why


class Caller:
    """A model that answers one thing."""

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        return Classified("call_me", f"{model}@7") if model == "text.intent" else None


def test_the_record_names_the_model_that_read_the_text_and_the_intent_it_found() -> None:
    log = customer(*PROFILED)
    log.happen(touch("post", text="La carta?", channel=Channel.SOCIAL))
    log.texts = Caller()
    log.happen(touch("post", text="La carta?", channel=Channel.SOCIAL))
    log.happen(touch("post", channel=Channel.SOCIAL))
    found = [record for record in log.records() if record.event_kind == "post"]
    assert [("question", ()), ("call_me", ("text.intent@7",)), ("", ())] == [(r.event_detail, r.models) for r in found]


def test_identifiers_of_a_correction_change_no_row() -> None:
    log = customer(*PROFILED)
    before = decode(log.rows["p"]).identifiers
    log.happen(replace(relabel(intent="call_me"), identifiers=(EMAIL, *REACHABLE)))
    assert decode(log.rows["p"]).identifiers == before
