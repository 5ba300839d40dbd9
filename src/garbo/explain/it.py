"""The sentences of a decision record in Italian. `explain.sentences` says what each table holds."""

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.sentences import Sentences

ITALIAN = Sentences(
    decimal_point=",",
    events={
        "touchpoint": "contatto “{kind}”",
        "consent": "consenso modificato: “{kind}”",
        "outcome": "esito di un'azione: “{kind}”",
        "profile": "profilo aggiornato",
        "timer": "è arrivato un momento pianificato",
        "merged": "riconosciuto come un'altra persona già nota",
        "moved": "unito a quanto era noto sotto un altro nome",
        "household": "è stato riconosciuto un membro della famiglia",
        "tick": "è passato un momento",
        "": "evento “{kind}”",
    },
    intents={
        "answer": "era il momento di rispondere a un bisogno",
        "overdue": "un bisogno attendeva da troppo",
        "deliver": "un contatto pianificato era da fare",
        "follow_up": "un seguito era da fare ed è stato deciso di nuovo",
        "promise": "un contatto promesso era da fare",
        "": "l'intenzione era “{intent}”",
    },
    dispositions={
        Disposition.DECIDED: "È stato deciso che cosa fare.",
        Disposition.DUPLICATE: "Già trattato: nulla si decide due volte.",
        Disposition.FORWARDED: "La persona è ora nota con un altro id: l'evento è andato là, dove si decide.",
        Disposition.MOVED: "Quanto era noto qui è passato all'altro id della persona.",
    },
    need_ends={
        NeedEnd.ANSWERED: "Il bisogno {need} ha avuto risposta{detail}.",
        NeedEnd.PROMISED: "Il bisogno {need} ha avuto una promessa{detail}.",
        NeedEnd.RESOLVED: "Il bisogno {need} si è risolto{detail}.",
        NeedEnd.UNANSWERED: "Il bisogno {need} è senza risposta{detail}.",
    },
    reasons={
        Reason.CONSENT_DENIED: "manca un consenso necessario",
        Reason.SUPPRESSED: "sospesa dopo rifiuti o reclami",
        Reason.NOT_ELIGIBLE: "il cliente non ne ha i requisiti",
        Reason.NOT_SUITABLE: "non sarebbe adatta al cliente",
        Reason.RULE_ERROR: "la sua regola non è stata valutabile",
        Reason.UNREACHABLE: "manca un recapito su questo canale",
        Reason.ALREADY_PLANNED: "è già pianificata",
        Reason.COOLDOWN: "è già fatta, o pianificata, troppo vicino",
        Reason.CAP_REACHED: "sarebbe un contatto di troppo",
        Reason.SPACING: "sarebbe troppo vicina a un altro contatto",
        Reason.SEQUENCE: "troppo vicina, prima o dopo, a un'altra azione",
        Reason.EXCLUSION: "esclude un'altra azione fatta o pianificata",
        Reason.LEDGER_FULL: "più contatti recenti di quanti se ne contino",
        Reason.NO_OPENING: "il canale non ha orari aperti in tempo utile",
        Reason.LATE: "il tempo utile per rispondere era finito",
        Reason.EXPIRED: "non è più valida",
        Reason.CANCELLED: "quanto è accaduto dopo l'ha resa inutile",
        Reason.OUTRANKED: "un'altra valeva di più",
        Reason.BELOW_SILENCE: "il silenzio valeva di più",
        Reason.NOT_CHOSEN: "ne è stata estratta un'altra",
    },
    phrases={
        "happened": "Il {when}: {event}.",
        "happened_intent": "Il {when}: {event}; {intent}.",
        "silence": "Non parte nulla: il silenzio era più gentile.",
        "chosen": "Scelta: “{title}”.",
        "uncontested": (
            "Non ha gareggiato a punteggio: il servizio, e ciò che si è promesso, vengono prima delle offerte."
        ),
        "score": (
            "Punteggio {score} = propensione {propensity} * contesto {context} * leva {lever} * (valore per "
            "la banca {value_bank} + {customer_weight} * valore per il cliente {value_customer}) - "
            "{pressure_weight} * pressione {pressure}."
        ),
        "model": "Il modello diceva {model_output}, avendo imparato da {evidence} esempi.",
        "prior": "La propensione è quella iniziale.",
        "probability": "La probabilità che fosse scelta era {probability}, quella del silenzio {silence}.",
        "silence_probability": "Il silenzio aveva probabilità {silence}.",
        "explored": "La scelta è stata estratta per esplorare.",
        "fallback": "Il tempo rimasto non bastava per un modello: ha deciso la propensione iniziale.",
        "at_once": "Parte subito.",
        "placed": "È fissata per il {when}.",
        "placed_as_set": "È fissata per il {when}, come l'azione chiede.",
        "placed_at_opening": (
            "È fissata per il {when}: prima il canale “{channel}” è chiuso (orari di quiete, festività)."
        ),
        "rides": "“{title}” viaggia sullo stesso contatto: nessun contatto in più.",
        "blocked": "Non “{title}”: {reason}{detail}.",
        "passed_over": "Non “{title}”: {reason} (punteggio {score}, probabilità {probability}).",
        "bypassed": "La sua classe precede ogni offerta: nessun arbitraggio.",
        "need": "“{kind}” su “{theme}”",
        "need_plain": "“{kind}”",
    },
)
