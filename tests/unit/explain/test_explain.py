"""A record told in English and Italian: why, why not, for every candidate, and no code without a sentence."""

import re
from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from garbo.core.policy.actions import Action, ActionClass, Placement, Treatment
from garbo.core.policy.contact_policy import ContactPolicy, QuietHours, Remarketing
from garbo.core.policy.journey import Journey, StageDefinition
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Lineup, NeedClosed, Scored
from garbo.core.vocabulary.events import Body
from garbo.core.vocabulary.instants import HOUR, MINUTE
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.en import ENGLISH
from garbo.explain.it import ITALIAN
from garbo.explain.record import LANGUAGES, Language, explain
from garbo.explain.sentences import Sentences

TABLES = tuple(name for name in Sentences._fields if name != "decimal_point")
ROME = "Europe/Rome"
NOW = int(datetime(2024, 2, 26, 21, 28, tzinfo=ZoneInfo(ROME)).timestamp()) * 1000
CALL = Action(
    "card_call",
    ActionClass.MARKETING,
    "own_promotion",
    "card",
    (Treatment("call_centre"),),
    family="cards",
    title={"en": "Card call", "it": "Telefonata carta"},
)
POLICY = Policy("1", actions={"card_call": CALL})


def record(**more: Any) -> DecisionRecord:
    fields: dict[str, Any] = {
        "event_type": "touchpoint", "event_kind": "form", "at": NOW, "disposition": Disposition.DECIDED, **more,
    }  # fmt: skip
    return DecisionRecord("d-1", "p-1", "e-1", occurred_at=NOW, policy_version="1", **fields)


def scored(action: str = "card_call", reason: Reason | None = None, **more: Any) -> Scored:
    fields: dict[str, Any] = {
        "propensity": 0.25, "model_output": 0.3, "evidence": 120.0, "context": 1.5, "lever": 1.1, "value_company": 40.0,
        "value_customer": 20.0, "customer_weight": 1.0, "pressure": 0.75, "pressure_weight": 2.0, "score": 23.25,
        "probability": 0.95, "placed_at": NOW, "channel": "call_centre", "cost": 3.0, **more,
    }  # fmt: skip
    return Scored(action, reason=reason, **fields)


def told(language: Language = "en", policy: Policy | None = POLICY, **more: Any) -> list[str]:
    return explain(record(**more), policy, language, ROME)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language: Language) -> None:
    words = LANGUAGES[language]
    tables = {Reason: words.reasons, Disposition: words.dispositions, NeedEnd: words.need_ends}
    missing = [code for codes, table in tables.items() for code in codes if not table.get(code)]  # type: ignore[attr-defined]
    kinds = {kind.__struct_config__.tag for kind in get_args(Body)}
    assert (missing, kinds - words.events.keys()) == ([], set())


def test_languages_have_the_same_keys_and_fill_the_same_blanks() -> None:
    def blanks(table: Mapping[Any, str]) -> dict[Any, list[str]]:
        return {k: sorted(name for _, name, _, _ in Formatter().parse(t) if name) for k, t in table.items()}

    for words in LANGUAGES.values():
        for name in TABLES:
            assert blanks(getattr(ENGLISH, name)) == blanks(getattr(words, name)), name


@pytest.mark.parametrize("name", TABLES)
def test_a_sentence_is_translated(name: str) -> None:
    """Except one that is nothing but blanks and marks."""
    english, italian = getattr(ENGLISH, name), getattr(ITALIAN, name)
    assert [key for key, text in english.items() if text == italian[key] and re.sub(r"\{\w+\}|\W", "", text)] == []


def test_choice_is_told_with_every_factor_and_its_probability() -> None:
    actual = told(
        chosen="card_call", scored=(scored(),), silence_probability=0.05, placed_at=NOW, chosen_channel="call_centre"
    )
    assert actual == [
        "On 26 February 2024, 21:28: touchpoint “form”.",
        "Chosen: “Card call” on call_centre.",
        (
            "Score 23.25 = propensity 0.25 * context 1.5 * lever 1.1 * (value to the company 40"
            " + 1 * value to the customer 20) - cost 3 - 2 * pressure 0.75."
        ),
        "The model said 0.3, having learnt from 120 examples.",
        "It was to be selected with probability 0.95, silence with 0.05.",
        "It goes out at once.",
    ]


def test_choice_is_told_in_italian_with_a_decimal_comma() -> None:
    given = scored(model_output=-1.0)
    actual = told("it", chosen="card_call", scored=(given,), silence_probability=0.05, chosen_channel="call_centre")
    assert actual == [
        "Il 26 febbraio 2024, 21:28: contatto “form”.",
        "Scelta: “Telefonata carta” su call_centre.",
        (
            "Punteggio 23,25 = propensione 0,25 * contesto 1,5 * leva 1,1 * (valore per l'azienda 40 + 1 * valore per"
            " il cliente 20) - costo 3 - 2 * pressione 0,75."
        ),
        "La propensione è quella iniziale.",
        "La probabilità che fosse scelta era 0,95, quella del silenzio 0,05.",
        "Parte subito.",
    ]


def test_silence_is_told_with_each_candidate_and_its_reason() -> None:
    below = scored("loan", Reason.BELOW_SILENCE, score=-0.5, probability=0.0)
    held = (
        Blocked("card_call", Reason.CAP_REACHED, "weekly", "call_centre"),
        Blocked("mail", Reason.CONSENT_DENIED, "own_promotion"),
    )
    assert told(scored=(below,), blocked=held, silence_probability=1.0)[1:] == [
        "Nothing goes out: silence was kindest, worth more than any offer.",
        "Silence had probability 1.",
        "Not “loan” on call_centre: silence was worth more (score -0.5, probability 0).",
        "Not “Card call” on call_centre: it would be one contact too many (weekly).",
        "Not “mail”: a consent it needs is not given (own_promotion).",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_told_with_what_spoke(reason: Reason, language: Language) -> None:
    sentence = told(language, blocked=(Blocked("card_call", reason, "the_rule"),))[-1]
    word, why = {"en": "Not", "it": "Non"}[language], LANGUAGES[language].reasons[reason]
    assert sentence == f"{word} “{CALL.title[language]}”: {why} (the_rule)."


def test_what_is_scarce_is_named_without_the_number_of_its_period() -> None:
    full = (Blocked("card_call", Reason.NO_CAPACITY, "call_centre:482211", "call_centre"),)
    assert told(blocked=full)[-1] == "Not “Card call” on call_centre: there is no free place left."
    gone = (Blocked("card_call", Reason.NO_CAPACITY, "stock:card_call"),)
    assert told(blocked=gone)[-1] == "Not “Card call”: its stock is used up."


def test_service_is_told_as_not_having_competed() -> None:
    assert "It did not compete on score: service, and what was promised, go before offers." in told(chosen="reply")


def test_without_a_policy_actions_go_by_their_names() -> None:
    assert told(policy=None, chosen="card_call", placed_at=NOW + HOUR)[1:] == [
        "Chosen: “card_call”.",
        "It did not compete on score: service, and what was promised, go before offers.",
        "It is placed on 26 February 2024, 22:28.",
    ]


MORNING = NOW + 11 * HOUR + 32 * MINUTE


@pytest.mark.parametrize(
    ("placement", "intent", "placed_at", "expected"),
    [
        (Placement(delay=5 * MINUTE), "", NOW + 5 * MINUTE, "on 26 February 2024, 21:33, as the action asks."),
        (Placement(), "", MORNING, "before then the channel “call_centre” is closed (quiet hours, holidays)."),
        (Placement(delay=HOUR), "follow_up", NOW, "It goes out at once."),
    ],
    ids=["as asked", "quiet hours", "a follow-up come due"],
)
def test_time_is_told_with_why(placement: Placement, intent: str, placed_at: int, expected: str) -> None:
    quiet = ContactPolicy(quiet_hours={"call_centre": QuietHours(21 * 60, 9 * 60)})
    policy = Policy("1", actions={"card_call": msgspec.structs.replace(CALL, placement=placement)}, contact=quiet)
    said = told(policy=policy, chosen="card_call", intent=intent, placed_at=placed_at, chosen_channel="call_centre")
    assert said[-1].endswith(expected)


def test_riders_needs_exploration_and_fallback_are_told() -> None:
    needs = (NeedClosed("question", "card", NeedEnd.ANSWERED, "reply"), NeedClosed("call_back", "", NeedEnd.UNANSWERED))
    actual = told(chosen="reply", riders=("card_call",), needs_closed=needs, explored=True, fallback=True)
    assert actual[4:] == [
        "The choice was drawn to explore.",
        "The time left did not pay for a model: the starting propensity decided.",
        "“Card call” rides on the same contact: no extra contact.",
        "The need “question” about “card” is answered (reply).",
        "The need “call_back” ended unanswered.",
    ]


def test_the_answer_of_a_need_goes_by_its_title() -> None:
    closed = (NeedClosed("question", "card", NeedEnd.ANSWERED, "card_call"),)
    assert "The need “question” about “card” is answered (“Card call”)." in told(needs_closed=closed)


@pytest.mark.parametrize(
    ("detail", "english", "italian"),
    [
        ("consent_denied", "a consent it needs is not given", "manca un consenso necessario"),
        ("nothing_fits", "no action answers it", "nessuna azione gli risponde"),
        ("tried", "it was tried in every way, and none arrived", "si è provato in ogni modo, e nulla è arrivato"),
        ("too_many_needs", "too many others came after it", "troppi altri sono venuti dopo"),
    ],
)
def test_a_need_without_an_answer_says_why_in_words(detail: str, english: str, italian: str) -> None:
    closed = (NeedClosed("question", "card", NeedEnd.UNANSWERED, detail),)
    assert f"The need “question” about “card” ended unanswered ({english})." in told(needs_closed=closed)
    assert f"Il bisogno “question” su “card” è senza risposta ({italian})." in told("it", needs_closed=closed)


def test_a_contact_that_failed_everywhere_is_no_cancelled_plan() -> None:
    given = {"event_type": "outcome", "confirmation": "cancelled", "blocked": (HELD,)}
    assert "Nothing goes out: it did not arrive, and no other way to make it is left." in told(**given)


@pytest.mark.parametrize("disposition", [Disposition.DUPLICATE, Disposition.FORWARDED, Disposition.MOVED])
def test_event_not_decided_here_says_what_became_of_it(disposition: Disposition) -> None:
    assert told(disposition=disposition)[1:] == [ENGLISH.dispositions[disposition]]


def test_event_without_a_time_of_its_own_happened_when_it_was_decided() -> None:
    """Two who turn out to be one: it were dated 1 January 1970."""
    without = msgspec.structs.replace(record(), occurred_at=0)
    assert explain(without, POLICY, "en", ROME)[0].startswith("On 26 February 2024, 21:28: ")


@pytest.mark.parametrize("intent", [*ENGLISH.intents, "unheard of"])
def test_timer_is_told_with_its_intent(intent: str) -> None:
    sentence = ENGLISH.intents.get(intent, ENGLISH.intents[""]).format(intent=intent)
    expected = f"; {sentence}." if intent else "”."
    assert told(intent=intent)[0].endswith(expected)


# ---- what happened, beyond its kind ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "event"),
    [
        ("en", {"granted": "given: “x”", "withdrawn": "withdrawn: “x”", "outdated": "“x” stays withdrawn", "": "“x”"}),
        ("it", {"granted": "dato: “x”", "withdrawn": "revocato: “x”", "outdated": "“x” resta revocato", "": "“x”"}),
    ],
)
def test_a_consent_is_given_or_withdrawn(language: Language, event: dict[str, str]) -> None:
    """The record had the consent's id alone: given and withdrawn were one sentence."""
    for detail, expected in event.items():
        first = told(language, event_type="consent", event_kind="x", event_detail=detail)[0]
        assert first.endswith(f"{expected}."), first


def test_an_outcome_names_its_action() -> None:
    first = told(event_type="outcome", event_kind="refused", event_detail="card_call")[0]
    assert first.endswith(": outcome of “Card call”: “refused”.")


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        (("patience",), "nothing had been said to the person for as long as the stage allows"),
        (("stage", "silence"),
         "the person had been in the stage for a while and nothing had been decided for a long time"),
        (("date_contract_end",), "the date “contract_end” was near"),
        ((), "nothing was due after all"),
    ],
)  # fmt: skip
def test_the_persons_own_clock_says_why_it_struck(causes: tuple[str, ...], expected: str) -> None:
    clock = {"event_type": "timer", "event_kind": "stage", "intent": "proactive", "point": "proactive"}
    assert told(**clock, causes=causes)[0].endswith(f": a planned moment came; the person's own clock: {expected}.")


def test_needs_that_are_due_are_named() -> None:
    said = told(event_type="timer", intent="report", point="need", theme="card", causes=("question",))
    assert said[0].endswith("nobody had reported in time that an answer arrived.")
    assert said[1] == "Due: “question” about “card”."


# ---- the kinds of silence --------------------------------------------------------------------------------------------

HELD = Blocked("card_call", Reason.CAP_REACHED, "weekly")
ENDED = Blocked("card_call", Reason.CANCELLED, "signed")
BELOW = scored(reason=Reason.BELOW_SILENCE, score=-0.5, probability=0.0)
DRAWN = scored(reason=Reason.NOT_CHOSEN)


@pytest.mark.parametrize(
    ("given", "english", "italian"),
    [
        ({}, "no action could compete at this moment.", "nessuna azione poteva gareggiare in questo momento."),
        ({"blocked": (ENDED,)}, "no action could compete at this moment.",
         "nessuna azione poteva gareggiare in questo momento."),
        ({"blocked": (ENDED, HELD)}, "everything that could compete was held back.",
         "tutto ciò che poteva gareggiare è stato trattenuto."),
        ({"scored": (BELOW,), "blocked": (HELD,)}, "silence was kindest, worth more than any offer.",
         "il silenzio era più gentile, e valeva più di ogni offerta."),
        ({"scored": (DRAWN,), "explored": True}, "the draw fell on silence.", "è stato estratto il silenzio."),
        ({"blocked": (HELD,), "confirmation": "cancelled"}, "what had been planned was cancelled.",
         "ciò che era pianificato è stato annullato."),
    ],
    ids=["nothing fits", "a plan ended", "held back", "silence chosen", "silence drawn", "plan cancelled"],
)  # fmt: skip
def test_silence_says_of_which_kind_it_is(given: dict[str, Any], english: str, italian: str) -> None:
    assert told(**given)[1] == f"Nothing goes out: {english}"
    assert told("it", **given)[1] == f"Non parte nulla: {italian}"


def test_a_plan_that_is_cancelled_keeps_the_probability_of_its_choice() -> None:
    said = told(scored=(msgspec.structs.replace(BELOW, probability=0.54),), confirmation="cancelled")
    assert "“Card call” had been chosen before, with probability 0.54: nothing was drawn." in said


def test_a_plan_that_is_confirmed_keeps_the_probability_of_its_choice() -> None:
    said = told(chosen="card_call", scored=(scored(probability=0.54),), confirmation="confirmed", intent="deliver")
    assert said[2] == "It had been chosen before, with probability 0.54, and was confirmed now: nothing was drawn."
    assert said[3].startswith("Score 23.25 = ")
    assert not [line for line in said if "It was to be selected" in line]


def test_an_offer_that_was_sure_to_be_chosen_did_compete() -> None:
    """Without exploration its probability is 1, as a service's is: the policy says which of both it was."""
    given = {"chosen": "card_call", "scored": (scored(probability=1.0),)}
    assert any(line.startswith("Score ") for line in told(**given))
    service = Policy("1", actions={"card_call": msgspec.structs.replace(CALL, action_class=ActionClass.SERVICE)})
    assert "Its class goes before any offer: no arbitration." in told(policy=service, **given)


def test_the_control_group_and_what_is_shown_are_told() -> None:
    held = told(held_out=True, hold_out_share=0.05, blocked=(Blocked("card_call", Reason.HELD_OUT),))
    assert held[2] == "The person is in the control group, to which a share of 0.05 belongs: no offers."
    assert held[3] == "Not “Card call”: the person is in the control group, which gets no offers."
    shown = told(chosen="card_call", chosen_channel="app", point="inbound", placed_at=NOW)
    assert shown[1] == "Chosen: “Card call” on app."
    assert shown[-1] == "It is shown at once: no contact is made."


def test_the_wait_after_a_look_is_no_closed_channel() -> None:
    looks = ContactPolicy(remarketing=Remarketing(limit=2, window=HOUR, delay=30 * MINUTE))
    policy = Policy("1", actions={"card_call": CALL}, contact=looks)
    said = told(policy=policy, chosen="card_call", placed_at=NOW + 30 * MINUTE, chosen_channel="call_centre")
    assert said[-1].endswith("21:58: a first contact about what a person looked at waits so long.")


def test_every_cause_and_every_entry_of_a_when_has_a_sentence() -> None:
    assert {STAGE, PATIENCE, SILENCE, DATE, ""} == ENGLISH.causes.keys()
    on = ("touchpoint", "outcome", "consent", "need", "overdue", "inbound", "proactive")
    assert {"", "profile_any", "intent", *on, *(f"{name}_any" for name in on)} == ENGLISH.entries.keys()


def test_lineups_say_who_decided_and_what_the_others_would_have_done() -> None:
    """A challenger that contested, a shadow that would have kept silent, and a champion that was promoted to it."""
    champions = Lineup("trees@7", "champion", 0.9, 0.05, (0.3,), (120.0,), (0.95,))
    challenger = Lineup("bayes@3", "challenger", 0.1, 0.6, (0.1,), (9.0,), (0.4,))
    shadow = Lineup("slow", "shadow", 0.0, 0.0, (-1.0,), (0.0,), (1.0,))
    given = {"chosen": "card_call", "scored": (scored(),), "lineups": (champions, challenger, shadow)}
    actual = told(**given, models=("bayes@3", "trees@7"))
    assert actual[-4:] == [
        "Models that answered: bayes@3, trees@7.",
        "trees@7 decided in its champion's place: it was promoted.",
        (
            "The challenger bayes@3 had a share of 0.1 in the draw. What was chosen had probability 0.95 under the "
            "champions and 0.4 under the challenger, which preferred silence."
        ),
        "slow looked on (a shadow) and decided nothing: it would have preferred “Card call”.",
    ]


def test_a_weight_of_feedback_names_the_stage_and_its_version() -> None:
    """With the map, by their labels; without, by their names."""
    stages = {"asks": StageDefinition("asks", {"en": "Asks", "it": "Chiede"})}
    mapped = msgspec.structs.replace(POLICY, journeys={"card": Journey("card", {"en": "A card"}, stages=stages)})
    weighed = scored(context=1.05, feedback=1.05, narrows="card/asks")
    given: dict[str, Any] = {"chosen": "card_call", "scored": (weighed,), "feedback": "2026-W48"}
    first = "The context of “Card call”, 1.05, has the factor 1.05 because the stage"
    tail = "narrows (feedback 2026-W48)."
    assert f"{first} “Asks” of the journey “A card” {tail}" in told(policy=mapped, **given)
    assert f"{first} “asks” of the journey “card” {tail}" in told(**given)
    assert [line for line in told("it", mapped, **given) if "1,05 perché la fase “Chiede” del percorso “card”" in line]
    assert not [line for line in told(chosen="card_call", scored=(scored(),), feedback="2026-W48") if "narrows" in line]
