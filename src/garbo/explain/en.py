"""The sentences of a decision record in English. `explain.sentences` says what each table holds."""

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.sentences import Sentences
from garbo.explain.why_not import Why

ENGLISH = Sentences(
    decimal_point=".",
    events={
        "touchpoint": "touchpoint “{kind}”",
        "touchpoint_says": "touchpoint “{kind}”, with the intent “{intent}”",
        "consent": "consent changed: “{kind}”",
        "consent_granted": "consent given: “{kind}”",
        "consent_withdrawn": "consent withdrawn: “{kind}”",
        "consent_outdated": "consent given earlier than it was withdrawn: “{kind}” stays withdrawn",
        "outcome": "outcome of an action: “{kind}”",
        "outcome_of": "outcome of “{title}”: “{kind}”",
        "profile": "profile updated",
        "timer": "a planned moment came",
        "merged": "recognised as another known person",
        "moved": "joined with what was known under another name",
        "household": "a member of the household became known",
        "member": "a member of the household changed a consent or was contacted",
        "tick": "a moment passed",
        "": "event “{kind}”",
    },
    intents={
        "answer": "it was time to answer a need",
        "overdue": "a need had waited too long",
        "deliver": "a planned contact was due",
        "follow_up": "a planned follow-up was due",
        "promise": "a promised contact was due",
        "report": "nobody had reported in time that an answer arrived",
        "proactive": "the person's own clock",
        "label": "the window of a contact had closed, so its label was known",
        "": "its intent was “{intent}”",
    },
    causes={
        "stage": "the person had been in the stage for a while",
        "patience": "nothing had been said to the person for as long as the stage allows",
        "silence": "nothing had been decided for a long time",
        "date_": "the date “{attribute}” was near",
        "": "nothing was due after all",
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
        Reason.HELD_OUT: "the person is in the control group, which gets no offers",
        Reason.NO_CAPACITY: "there is no free place left",
        Reason.CONDITION: "the condition of its trigger does not hold",
        Reason.TRIED: "it failed on this channel already",
        Reason.PUBLIC: "everybody can read it, and the matter is private",
        Reason.OBJECTED: "the person asked us to stop marketing on this channel",
    },
    phrases={
        "happened": "On {when}: {event}.",
        "happened_intent": "On {when}: {event}; {intent}.",
        "due": "Due: {needs}.",
        "nothing_fits": "Nothing goes out: no action could compete at this moment.",
        "all_held_back": "Nothing goes out: everything that could compete was held back.",
        "silence": "Nothing goes out: silence was kindest, worth more than any offer.",
        "silence_drawn": "Nothing goes out: the draw fell on silence.",
        "cancelled": "Nothing goes out: what had been planned was cancelled.",
        "no_way_left": "Nothing goes out: it did not arrive, and no other way to make it is left.",
        "out_of_stock": "its stock is used up",
        "need_too_many_needs": "too many others came after it",
        "need_tried": "it was tried in every way, and none arrived",
        "need_nothing_fits": "no action answers it",
        "confirmed": (
            "It had been chosen before, with probability {probability}, and was confirmed now: nothing was drawn."
        ),
        "cancelled_choice": "“{title}” had been chosen before, with probability {probability}: nothing was drawn.",
        "held_out": "The person is in the control group, to which a share of {share} belongs: no offers.",
        "chosen": "Chosen: “{title}”{on}.",
        "on": " on {channel}",
        "uncontested": "It did not compete on score: service, and what was promised, go before offers.",
        "score": (
            "Score {score} = propensity {propensity} * context {context} * lever {lever} * (value to the company "
            "{value_company} + {customer_weight} * value to the customer {value_customer}) - cost {cost} - "
            "{pressure_weight} * pressure {pressure}."
        ),
        "weighed": (
            "The context of “{title}”, {context}, has the factor {feedback} because the stage “{stage}” of the journey "
            "“{journey}” narrows (feedback {version})."
        ),
        "model": "The model said {model_output}, having learnt from {evidence} examples.",
        "prior": "The propensity is the starting one.",
        "probability": "It was to be selected with probability {probability}, silence with {silence}.",
        "silence_probability": "Silence had probability {silence}.",
        "explored": "The choice was drawn to explore.",
        "fallback": "The time left did not pay for a model: the starting propensity decided.",
        "answered": "Models that answered: {models}.",
        "promoted": "{model} decided in its champion's place: it was promoted.",
        "contested": (
            "The challenger {model} had a share of {share} in the draw. What was chosen had probability {champions} "
            "under the champions and {its} under the challenger, which preferred {would}."
        ),
        "looked_on": "{model} looked on ({role}) and decided nothing: it would have preferred {would}.",
        "would_silence": "silence",
        "would_action": "“{title}”",
        "role_challenger": "a challenger",
        "role_shadow": "a shadow",
        "at_once": "It goes out at once.",
        "shown": "It is shown at once: no contact is made.",
        "placed": "It is placed on {when}.",
        "placed_as_set": "It is placed on {when}, as the action asks.",
        "placed_at_opening": (
            "It is placed on {when}: before then the channel “{channel}” is closed (quiet hours, holidays)."
        ),
        "placed_after_look": "It is placed on {when}: a first contact about what a person looked at waits so long.",
        "rides": "“{title}” rides on the same contact: no extra contact.",
        "blocked": "Not “{title}”{on}: {reason}{detail}.",
        "passed_over": "Not “{title}”{on}: {reason} (score {score}, probability {probability}).",
        "bypassed": "Its class goes before any offer: no arbitration.",
        "need": "“{kind}” about “{theme}”",
        "need_plain": "“{kind}”",
        "and": " and ",
        "or": " or ",
        "none": "none",
        "any_theme": "any theme",
        "about": " about “{theme}”",
        "of_action": " of “{title}”",
        "after_action": " after “{title}” and no answer",
        "times": ", {times} times",
    },
    answers={
        Why.NOT_DECIDED: "“{title}” was not looked at here.",
        Why.CHOSEN: "“{title}” was chosen{on}.",
        Why.CONFIRMED: "“{title}” was made{on}: it had been chosen before, and was confirmed.",
        Why.RODE: "“{title}” went along on the contact of “{chosen}”.",
        Why.LOST: "“{title}” competed{on} and lost: {reason} (score {score}, probability {probability}).",
        Why.DROPPED: (
            "“{title}” had been chosen before, with probability {probability}, and was cancelled: {reason} "
            "(score {score})."
        ),
        Why.HELD_BACK: "“{title}” was held back.",
        Why.NO_POLICY: (
            "“{title}” did not reach the gates. Why cannot be said here: the policy that decided, version {had}, is "
            "neither published nor in the policy folder."
        ),
        Why.NOT_IN_POLICY: "“{title}” is not in the policy that decided, version {had}.",
        Why.NO_CONTACT: "“{title}” only goes along on a service contact on {wanted}, and none was made.",
        Why.OTHER_CONTACT: "“{title}” only goes along on a service contact on {wanted}; this one was on {had}.",
        Why.ONLY_PLAN: (
            "“{title}” did not compete: what had been chosen before was confirmed or cancelled, and nothing new was "
            "chosen."
        ),
        Why.ONLY_FOLLOW_UP: "“{title}” does not compete: it is only planned as a follow-up of {wanted}.",
        Why.NO_MOMENT: "“{title}” never competes: its `when` names no moment, and it is nobody's follow-up.",
        Why.OTHER_POINT: "“{title}” does not compete at such a moment. It competes {entries}.",
        Why.OTHER_EVENT: "“{title}” does not compete when this happens. It competes {entries}.",
        Why.NOT_SHOWN_HERE: "“{title}” cannot be shown on {had}. Channels on which it can: {wanted}.",
        Why.ONLY_SHOWN: "“{title}” can only be shown to a person who is there, on {wanted}.",
        Why.LIFECYCLE: "“{title}” is for the life-cycle state {wanted}; the person's was {had}.",
        Why.THEME: "“{title}” competes when the theme is {wanted}; here it was {had}.",
        Why.STAGE: "“{title}” is for the stage {wanted}; the person's was {had}.",
        Why.OTHER_ACTION: "“{title}” competes at an outcome of {wanted}; this one was of {had}.",
        Why.OTHER_JOURNEY: "“{title}” competes when the cause concerns the journey {wanted}; here it concerned {had}.",
        Why.OTHER_NEED: "“{title}” answers the need {wanted} about {theme}; due was {had}.",
        Why.UNCLEAR: (
            "The record does not name “{title}”, and the policy cannot say why: it is not the one that decided."
        ),
    },
    entries={
        "touchpoint": "at the touchpoint “{name}”",
        "touchpoint_any": "at a touchpoint",
        "intent": "at a text with the intent “{name}”",
        "outcome": "at the outcome “{name}”",
        "outcome_any": "at an outcome",
        "profile_any": "when the profile changes",
        "consent": "when the consent “{name}” is given",
        "consent_any": "when a consent is given",
        "need": "when the need “{name}” waits for its answer",
        "need_any": "when a need waits for its answer",
        "overdue": "when the need “{name}” has waited too long",
        "overdue_any": "when a need has waited too long",
        "inbound": "when somebody asks for the person on {name}",
        "inbound_any": "when somebody asks for the person",
        "proactive": "when the person's own clock says “{name}”",
        "proactive_any": "when the person's own clock strikes",
        "": "at “{name}”",
    },
)
