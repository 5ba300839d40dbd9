"""The sentences of a decision record in English. `explain.sentences` says what each table holds."""

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.sentences import Sentences

ENGLISH = Sentences(
    decimal_point=".",
    events={
        "touchpoint": "touchpoint “{kind}”",
        "consent": "consent changed: “{kind}”",
        "outcome": "outcome of an action: “{kind}”",
        "profile": "profile updated",
        "timer": "a planned moment came",
        "merged": "recognised as another known person",
        "moved": "joined with what was known under another name",
        "household": "a member of the household became known",
        "tick": "a moment passed",
        "": "event “{kind}”",
    },
    intents={
        "answer": "it was time to answer a need",
        "overdue": "a need had waited too long",
        "deliver": "a planned contact was due",
        "follow_up": "a follow-up was due and was decided again",
        "promise": "a promised contact was due",
        "": "its intent was “{intent}”",
    },
    dispositions={
        Disposition.DECIDED: "It was decided upon.",
        Disposition.DUPLICATE: "Already dealt with: nothing is decided twice.",
        Disposition.FORWARDED: "The person is known under another id now: the event went there, to be decided there.",
        Disposition.MOVED: "What was known here moved to the person's other id.",
    },
    need_ends={
        NeedEnd.ANSWERED: "The need {need} is answered{detail}.",
        NeedEnd.PROMISED: "The need {need} got a promise{detail}.",
        NeedEnd.RESOLVED: "The need {need} was settled otherwise{detail}.",
        NeedEnd.UNANSWERED: "The need {need} ended unanswered{detail}.",
    },
    reasons={
        Reason.CONSENT_DENIED: "a consent it needs is not given",
        Reason.SUPPRESSED: "paused after refusals or complaints",
        Reason.NOT_ELIGIBLE: "the customer is not eligible",
        Reason.NOT_SUITABLE: "it would not suit the customer",
        Reason.RULE_ERROR: "its rule could not be evaluated",
        Reason.UNREACHABLE: "there is no address on this channel",
        Reason.ALREADY_PLANNED: "it is planned already",
        Reason.COOLDOWN: "it was done, or is planned, too near in time",
        Reason.CAP_REACHED: "it would be one contact too many",
        Reason.SPACING: "it would be too close to another contact",
        Reason.SEQUENCE: "too soon before or after another action",
        Reason.EXCLUSION: "it excludes another action made or planned",
        Reason.LEDGER_FULL: "more contacts lately than can be counted",
        Reason.NO_OPENING: "the channel has no open hours in time",
        Reason.LATE: "its time to answer was over",
        Reason.EXPIRED: "it is no longer valid",
        Reason.CANCELLED: "what happened since made it pointless",
        Reason.OUTRANKED: "another was worth more",
        Reason.BELOW_SILENCE: "silence was worth more",
        Reason.NOT_CHOSEN: "another was drawn",
    },
    phrases={
        "happened": "On {when}: {event}.",
        "happened_intent": "On {when}: {event}; {intent}.",
        "silence": "Nothing goes out: silence was kindest.",
        "chosen": "Chosen: “{title}”.",
        "uncontested": "It did not compete on score: service, and what was promised, go before offers.",
        "score": (
            "Score {score} = propensity {propensity} * context {context} * lever {lever} * (value to the bank "
            "{value_bank} + {customer_weight} * value to the customer {value_customer}) - {pressure_weight} * "
            "pressure {pressure}."
        ),
        "model": "The model said {model_output}, having learnt from {evidence} examples.",
        "prior": "The propensity is the starting one.",
        "probability": "It was to be selected with probability {probability}, silence with {silence}.",
        "silence_probability": "Silence had probability {silence}.",
        "explored": "The choice was drawn to explore.",
        "fallback": "The time left did not pay for a model: the starting propensity decided.",
        "at_once": "It goes out at once.",
        "placed": "It is placed on {when}.",
        "placed_as_set": "It is placed on {when}, as the action asks.",
        "placed_at_opening": (
            "It is placed on {when}: before then the channel “{channel}” is closed (quiet hours, holidays)."
        ),
        "rides": "“{title}” rides on the same contact: no extra contact.",
        "blocked": "Not “{title}”: {reason}{detail}.",
        "passed_over": "Not “{title}”: {reason} (score {score}, probability {probability}).",
        "bypassed": "Its class goes before any offer: no arbitration.",
        "need": "“{kind}” about “{theme}”",
        "need_plain": "“{kind}”",
    },
)
