"""A decision record as sentences, in English and Italian: what happened, what was chosen and why, and why not the rest.

Rules
 1. Tables of templates (English, Italian); code only picks rows and fills blanks. Every code has its row: a test sees.
 2. Only what the record says, and titles of the policy: no personal data, nothing recomputed but the calendar.
 3. Every candidate has a sentence; so has every need that ended.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from garbo.core.gates import calendar
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Scored
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason

Language: TypeAlias = Literal["en", "it"]
Sentence: TypeAlias = tuple[str, str]  # English, Italian

EVENTS: Mapping[str, Sentence] = {
    "touchpoint": ("touchpoint “{kind}”", "contatto “{kind}”"),
    "consent": ("consent changed: “{kind}”", "consenso modificato: “{kind}”"),
    "outcome": ("outcome of an action: “{kind}”", "esito di un'azione: “{kind}”"),
    "profile": ("profile updated", "profilo aggiornato"),
    "timer": ("a planned moment came", "è arrivato un momento pianificato"),
    "merged": ("recognised as another known person", "riconosciuto come un'altra persona già nota"),
    "moved": ("joined with what was known under another name", "unito a quanto era noto sotto un altro nome"),
    "household": ("a member of the household became known", "è stato riconosciuto un membro della famiglia"),
    "tick": ("a moment passed", "è passato un momento"),
    "": ("event “{kind}”", "evento “{kind}”"),
}

INTENTS: Mapping[str, Sentence] = {
    "answer": ("it was time to answer a need", "era il momento di rispondere a un bisogno"),
    "overdue": ("a need had waited too long", "un bisogno attendeva da troppo"),
    "deliver": ("a planned contact was due", "un contatto pianificato era da fare"),
    "follow_up": ("a follow-up was due and was decided again", "un seguito era da fare ed è stato deciso di nuovo"),
    "promise": ("a promised contact was due", "un contatto promesso era da fare"),
    "": ("its intent was “{intent}”", "l'intenzione era “{intent}”"),
}

DISPOSITIONS: Mapping[Disposition, Sentence] = {
    Disposition.DECIDED: ("It was decided upon.", "È stato deciso che cosa fare."),
    Disposition.DUPLICATE: (
        "Already dealt with: nothing is decided twice.",
        "Già trattato: nulla si decide due volte.",
    ),
    Disposition.FORWARDED: (
        "The person is known under another id now: the event went there, to be decided there.",
        "La persona è ora nota con un altro id: l'evento è andato là, dove si decide.",
    ),
    Disposition.MOVED: (
        "What was known here moved to the person's other id.",
        "Quanto era noto qui è passato all'altro id della persona.",
    ),
}

NEED_ENDS: Mapping[NeedEnd, Sentence] = {
    NeedEnd.ANSWERED: ("The need {need} is answered{detail}.", "Il bisogno {need} ha avuto risposta{detail}."),
    NeedEnd.PROMISED: ("The need {need} got a promise{detail}.", "Il bisogno {need} ha avuto una promessa{detail}."),
    NeedEnd.RESOLVED: ("The need {need} was settled otherwise{detail}.", "Il bisogno {need} si è risolto{detail}."),
    NeedEnd.UNANSWERED: ("The need {need} ended unanswered{detail}.", "Il bisogno {need} è senza risposta{detail}."),
}

REASONS: Mapping[Reason, Sentence] = {
    Reason.CONSENT_DENIED: ("a consent it needs is not given", "manca un consenso necessario"),
    Reason.SUPPRESSED: ("paused after refusals or complaints", "sospesa dopo rifiuti o reclami"),
    Reason.NOT_ELIGIBLE: ("the customer is not eligible", "il cliente non ne ha i requisiti"),
    Reason.NOT_SUITABLE: ("it would not suit the customer", "non sarebbe adatta al cliente"),
    Reason.RULE_ERROR: ("its rule could not be evaluated", "la sua regola non è stata valutabile"),
    Reason.UNREACHABLE: ("there is no address on this channel", "manca un recapito su questo canale"),
    Reason.ALREADY_PLANNED: ("it is planned already", "è già pianificata"),
    Reason.COOLDOWN: ("it was done, or is planned, too near in time", "è già fatta, o pianificata, troppo vicino"),
    Reason.CAP_REACHED: ("it would be one contact too many", "sarebbe un contatto di troppo"),
    Reason.SPACING: ("it would be too close to another contact", "sarebbe troppo vicina a un altro contatto"),
    Reason.SEQUENCE: ("too soon before or after another action", "troppo vicina, prima o dopo, a un'altra azione"),
    Reason.EXCLUSION: ("it excludes another action made or planned", "esclude un'altra azione fatta o pianificata"),
    Reason.LEDGER_FULL: ("more contacts lately than can be counted", "più contatti recenti di quanti se ne contino"),
    Reason.NO_OPENING: ("the channel has no open hours in time", "il canale non ha orari aperti in tempo utile"),
    Reason.LATE: ("its time to answer was over", "il tempo utile per rispondere era finito"),
    Reason.EXPIRED: ("it is no longer valid", "non è più valida"),
    Reason.CANCELLED: ("what happened since made it pointless", "quanto è accaduto dopo l'ha resa inutile"),
    Reason.OUTRANKED: ("another was worth more", "un'altra valeva di più"),
    Reason.BELOW_SILENCE: ("silence was worth more", "il silenzio valeva di più"),
    Reason.NOT_CHOSEN: ("another was drawn", "ne è stata estratta un'altra"),
}

PHRASES: Mapping[str, Sentence] = {
    "happened": ("On {when}: {event}.", "Il {when}: {event}."),
    "happened_intent": ("On {when}: {event}; {intent}.", "Il {when}: {event}; {intent}."),
    "silence": ("Nothing goes out: silence was kindest.", "Non parte nulla: il silenzio era più gentile."),
    "chosen": ("Chosen: “{title}”.", "Scelta: “{title}”."),
    "uncontested": (
        "It did not compete on score: service, and what was promised, go before offers.",
        "Non ha gareggiato a punteggio: il servizio, e ciò che si è promesso, vengono prima delle offerte.",
    ),
    "score": (
        (
            "Score {score} = propensity {propensity} * context {context} * lever {lever}"
            " * (value to the bank {value_bank} + {customer_weight} * value to the customer {value_customer})"
            " - {pressure_weight} * pressure {pressure}."
        ),
        (
            "Punteggio {score} = propensione {propensity} * contesto {context} * leva {lever}"
            " * (valore per la banca {value_bank} + {customer_weight} * valore per il cliente {value_customer})"
            " - {pressure_weight} * pressione {pressure}."
        ),
    ),
    "model": (
        "The model said {model_output}, having learnt from {evidence} examples.",
        "Il modello diceva {model_output}, avendo imparato da {evidence} esempi.",
    ),
    "prior": ("The propensity is the starting one.", "La propensione è quella iniziale."),
    "probability": (
        "It was to be selected with probability {probability}, silence with {silence}.",
        "La probabilità che fosse scelta era {probability}, quella del silenzio {silence}.",
    ),
    "silence_probability": ("Silence had probability {silence}.", "Il silenzio aveva probabilità {silence}."),
    "explored": ("The choice was drawn to explore.", "La scelta è stata estratta per esplorare."),
    "fallback": (
        "The time left did not pay for a model: the starting propensity decided.",
        "Il tempo rimasto non bastava per un modello: ha deciso la propensione iniziale.",
    ),
    "at_once": ("It goes out at once.", "Parte subito."),
    "placed": ("It is placed on {when}.", "È fissata per il {when}."),
    "placed_as_set": ("It is placed on {when}, as the action asks.", "È fissata per il {when}, come l'azione chiede."),
    "placed_at_opening": (
        "It is placed on {when}: before then the channel “{channel}” is closed (quiet hours, holidays).",
        "È fissata per il {when}: prima il canale “{channel}” è chiuso (orari di quiete, festività).",
    ),
    "rides": (
        "“{title}” rides on the same contact: no extra contact.",
        "“{title}” viaggia sullo stesso contatto: nessun contatto in più.",
    ),
    "blocked": ("Not “{title}”: {reason}{detail}.", "Non “{title}”: {reason}{detail}."),
    "passed_over": (
        "Not “{title}”: {reason} (score {score}, probability {probability}).",
        "Non “{title}”: {reason} (punteggio {score}, probabilità {probability}).",
    ),
    "bypassed": (
        "Its class goes before any offer: no arbitration.",
        "La sua classe precede ogni offerta: nessun arbitraggio.",
    ),
    "need": ("“{kind}” about “{theme}”", "“{kind}” su “{theme}”"),
    "need_plain": ("“{kind}”", "“{kind}”"),
}


def explain(record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> list[str]:
    """The sentences of `record`, times in `zone`. Titles from `policy` when given, else the actions' names."""
    return list(_Teller(record, policy, language, zone).sentences())


class _Teller:
    def __init__(self, record: DecisionRecord, policy: Policy | None, language: Language, zone: str) -> None:
        self.record, self.policy, self.language, self.zone = record, policy, language, zone

    def sentences(self) -> Iterator[str]:
        record = self.record
        event = self.fill(EVENTS.get(record.event_type, EVENTS[""]), kind=record.event_kind)
        intent = INTENTS.get(record.intent, INTENTS[""])
        key = "happened_intent" if record.intent else "happened"
        # What a link causes has no time of its own: it happened when it was decided.
        when = self.when(record.occurred_at or record.at)
        yield self.say(key, when=when, event=event, intent=self.fill(intent, intent=record.intent))
        if record.disposition != Disposition.DECIDED:
            yield self.fill(DISPOSITIONS[record.disposition])
        elif record.chosen:
            yield from self.chosen()
        else:
            yield self.say("silence")
            if record.scored:
                yield self.say("silence_probability", silence=record.silence_probability)
        for flag in ("explored", "fallback"):
            if getattr(record, flag):
                yield self.say(flag)
        yield from (self.say("rides", title=self.title(rider)) for rider in record.riders)
        yield from (self.need_end(i) for i in range(len(record.needs_closed)))
        yield from (self.passed_over(s) for s in record.scored if s.action not in (record.chosen, *record.riders))
        yield from (self.blocked(b) for b in record.blocked)

    def chosen(self) -> Iterator[str]:
        record = self.record
        yield self.say("chosen", title=self.title(record.chosen))
        scored = next((s for s in record.scored if s.action == record.chosen), None)
        if scored is None:
            yield self.say("uncontested")
        elif record.silence_probability == 0.0 and scored.probability == 1.0:
            yield self.say("bypassed")
        else:
            factors = self.factors(scored)
            yield self.say("score", **factors)
            yield self.say("model" if scored.model_output >= 0 else "prior", **factors)
            yield self.say("probability", silence=record.silence_probability, **factors)
        yield self.say(self.placing(), when=self.when(record.placed_at), channel=self.channel())

    def placing(self) -> str:
        """Which sentence tells why the chosen action happens when it does."""
        record = self.record
        if record.placed_at <= record.at:
            return "at_once"
        action = self.policy.actions.get(record.chosen) if self.policy else None
        if action is None:
            return "placed"
        planned = record.intent in ("deliver", "follow_up", "promise")  # then the timer was its placement
        asked = record.at if planned else calendar.wanted(action.placement, record.at, self.zone)
        if asked < record.placed_at:
            return "placed_at_opening"
        return "placed_as_set" if asked == record.placed_at else "placed"

    def channel(self) -> str:
        action = self.policy.actions.get(self.record.chosen) if self.policy else None
        return action.channel if action else ""

    def passed_over(self, scored: Scored) -> str:
        reason = self.fill(REASONS[scored.reason or Reason.NOT_CHOSEN])
        return self.say("passed_over", title=self.title(scored.action), reason=reason, **self.factors(scored))

    def blocked(self, blocked: Blocked) -> str:
        reason = self.fill(REASONS[blocked.reason])
        return self.say("blocked", title=self.title(blocked.action), reason=reason, detail=_detail(blocked.detail))

    def need_end(self, index: int) -> str:
        need = self.record.needs_closed[index]
        name = self.say("need" if need.theme else "need_plain", kind=need.kind, theme=need.theme)
        return self.fill(NEED_ENDS[need.end], need=name, detail=_detail(need.detail))

    def title(self, name: str) -> str:
        action = self.policy.actions.get(name) if self.policy else None
        return action.title.get(self.language, name) if action else name

    def when(self, at: int) -> str:
        return calendar.local_text(at, self.zone, self.language)

    def factors(self, scored: Scored) -> dict[str, float]:
        fields = {field: getattr(scored, field) for field in scored.__struct_fields__}
        return {field: value for field, value in fields.items() if isinstance(value, float | int)}

    def say(self, phrase: str, **blanks: str | float) -> str:
        return self.fill(PHRASES[phrase], **blanks)

    def fill(self, sentence: Sentence, **blanks: str | float) -> str:
        italian = self.language == "it"
        shown = {name: value if isinstance(value, str) else _number(value, italian) for name, value in blanks.items()}
        return sentence[italian].format_map(shown)


def _number(value: float, italian: bool) -> str:
    """Four decimals at most, none for nothing; a comma in Italian."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if italian else text


def _detail(detail: str) -> str:
    return f" ({detail})" if detail else ""
