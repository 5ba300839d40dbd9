"""The sentences of a decision record in Italian. `explain.sentences` says what each table holds."""

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.sentences import Sentences
from garbo.explain.why_not import Why

ITALIAN = Sentences(
    decimal_point=",",
    events={
        "touchpoint": "contatto “{kind}”",
        "touchpoint_says": "contatto “{kind}”, con l'intento “{intent}”",
        "consent": "consenso modificato: “{kind}”",
        "consent_granted": "consenso dato: “{kind}”",
        "consent_withdrawn": "consenso revocato: “{kind}”",
        "consent_outdated": "consenso dato prima della revoca: “{kind}” resta revocato",
        "outcome": "esito di un'azione: “{kind}”",
        "outcome_of": "esito di “{title}”: “{kind}”",
        "profile": "profilo aggiornato",
        "timer": "è arrivato un momento pianificato",
        "merged": "riconosciuto come un'altra persona già nota",
        "moved": "unito a quanto era noto sotto un altro nome",
        "household": "è stato riconosciuto un membro della famiglia",
        "member": "un membro della famiglia ha cambiato un consenso o è stato contattato",
        "tick": "è passato un momento",
        "": "evento “{kind}”",
    },
    intents={
        "answer": "era il momento di rispondere a un bisogno",
        "overdue": "un bisogno attendeva da troppo",
        "deliver": "un contatto pianificato era da fare",
        "follow_up": "un seguito pianificato era da fare",
        "promise": "un contatto promesso era da fare",
        "report": "nessuno aveva confermato in tempo l'arrivo di una risposta",
        "proactive": "l'orologio della persona",
        "label": "la finestra di un contatto si era chiusa e la sua etichetta era nota",
        "": "l'intenzione era “{intent}”",
    },
    causes={
        "stage": "la persona era in questa tappa da un po'",
        "patience": "nulla era stato detto alla persona per tutto il tempo che la tappa ammette",
        "silence": "da molto tempo nulla era stato deciso",
        "date_": "la data “{attribute}” era vicina",
        "": "alla fine nulla era da fare",
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
        Reason.HELD_OUT: "la persona è nel gruppo di controllo, che non riceve offerte",
        Reason.NO_CAPACITY: "non ci sono più posti liberi",
        Reason.CONDITION: "la condizione del suo evento non vale",
        Reason.TRIED: "su questo canale è già fallita",
        Reason.PUBLIC: "tutti possono leggerla, e la questione è privata",
        Reason.OBJECTED: "la persona ha chiesto di non ricevere più promozioni su questo canale",
    },
    phrases={
        "happened": "Il {when}: {event}.",
        "happened_intent": "Il {when}: {event}; {intent}.",
        "due": "Da fare: {needs}.",
        "nothing_fits": "Non parte nulla: nessuna azione poteva gareggiare in questo momento.",
        "all_held_back": "Non parte nulla: tutto ciò che poteva gareggiare è stato trattenuto.",
        "silence": "Non parte nulla: il silenzio era più gentile, e valeva più di ogni offerta.",
        "silence_drawn": "Non parte nulla: è stato estratto il silenzio.",
        "cancelled": "Non parte nulla: ciò che era pianificato è stato annullato.",
        "no_way_left": "Non parte nulla: non è arrivata, e non c'è un altro modo per farla.",
        "out_of_stock": "la scorta è finita",
        "need_too_many_needs": "troppi altri sono venuti dopo",
        "need_tried": "si è provato in ogni modo, e nulla è arrivato",
        "need_nothing_fits": "nessuna azione gli risponde",
        "confirmed": (
            "Era già stata scelta, con probabilità {probability}, e ora è confermata: nulla è stato estratto."
        ),
        "cancelled_choice": "“{title}” era già stata scelta, con probabilità {probability}: nulla è stato estratto.",
        "held_out": "La persona è nel gruppo di controllo, a cui appartiene una quota di {share}: niente offerte.",
        "chosen": "Scelta: “{title}”{on}.",
        "on": " su {channel}",
        "uncontested": (
            "Non ha gareggiato a punteggio: il servizio, e ciò che si è promesso, vengono prima delle offerte."
        ),
        "score": (
            "Punteggio {score} = propensione {propensity} * contesto {context} * leva {lever} * (valore per "
            "l'azienda {value_company} + {customer_weight} * valore per il cliente {value_customer}) - costo {cost} - "
            "{pressure_weight} * pressione {pressure}."
        ),
        "weighed": (
            "Il contesto di “{title}”, {context}, ha il fattore {feedback} perché la fase “{stage}” del percorso "
            "“{journey}” è una strettoia (feedback {version})."
        ),
        "model": "Il modello diceva {model_output}, avendo imparato da {evidence} esempi.",
        "prior": "La propensione è quella iniziale.",
        "probability": "La probabilità che fosse scelta era {probability}, quella del silenzio {silence}.",
        "silence_probability": "Il silenzio aveva probabilità {silence}.",
        "explored": "La scelta è stata estratta per esplorare.",
        "fallback": "Il tempo rimasto non bastava per un modello: ha deciso la propensione iniziale.",
        "answered": "Modelli che hanno risposto: {models}.",
        "promoted": "{model} ha deciso al posto del suo campione: è stato promosso.",
        "contested": (
            "Lo sfidante {model} aveva una quota di {share} nel sorteggio. Ciò che è stato scelto aveva probabilità "
            "{champions} per i campioni e {its} per lo sfidante, che preferiva {would}."
        ),
        "looked_on": "{model} ha osservato ({role}) e non ha deciso nulla: avrebbe preferito {would}.",
        "would_silence": "il silenzio",
        "would_action": "“{title}”",
        "role_challenger": "uno sfidante",
        "role_shadow": "un'ombra",
        "at_once": "Parte subito.",
        "shown": "È mostrata subito: non è un contatto in più.",
        "placed": "È fissata per il {when}.",
        "placed_as_set": "È fissata per il {when}, come l'azione chiede.",
        "placed_at_opening": (
            "È fissata per il {when}: prima il canale “{channel}” è chiuso (orari di quiete, festività)."
        ),
        "placed_after_look": (
            "È fissata per il {when}: un primo contatto su ciò che una persona ha guardato aspetta tanto."
        ),
        "rides": "“{title}” viaggia sullo stesso contatto: nessun contatto in più.",
        "blocked": "Non “{title}”{on}: {reason}{detail}.",
        "passed_over": "Non “{title}”{on}: {reason} (punteggio {score}, probabilità {probability}).",
        "bypassed": "La sua classe precede ogni offerta: nessun arbitraggio.",
        "need": "“{kind}” su “{theme}”",
        "need_plain": "“{kind}”",
        "and": " e ",
        "or": " o ",
        "none": "nessuno",
        "any_theme": "ogni tema",
        "about": " su “{theme}”",
        "of_action": " di “{title}”",
        "after_action": " dopo “{title}” e nessuna risposta",
        "times": ", {times} volte",
    },
    answers={
        Why.NOT_DECIDED: "“{title}” non è stata considerata qui.",
        Why.CHOSEN: "“{title}” è stata scelta{on}.",
        Why.CONFIRMED: "“{title}” è stata fatta{on}: era già stata scelta, ed è stata confermata.",
        Why.RODE: "“{title}” ha viaggiato sul contatto di “{chosen}”.",
        Why.LOST: "“{title}” ha gareggiato{on} e ha perso: {reason} (punteggio {score}, probabilità {probability}).",
        Why.DROPPED: (
            "“{title}” era già stata scelta, con probabilità {probability}, ed è stata annullata: {reason} "
            "(punteggio {score})."
        ),
        Why.HELD_BACK: "“{title}” è stata trattenuta.",
        Why.NO_POLICY: (
            "“{title}” non è arrivata ai controlli. Perché, qui non si può dire: le regole che hanno deciso, versione "
            "{had}, non sono né pubblicate né nella cartella."
        ),
        Why.NOT_IN_POLICY: "“{title}” non è nelle regole che hanno deciso, versione {had}.",
        Why.NO_CONTACT: (
            "“{title}” viaggia soltanto su un contatto di servizio su {wanted}, e non ne è stato fatto nessuno."
        ),
        Why.OTHER_CONTACT: ("“{title}” viaggia soltanto su un contatto di servizio su {wanted}; questo era su {had}."),
        Why.ONLY_PLAN: (
            "“{title}” non ha gareggiato: è stato confermato o annullato ciò che era già stato scelto, e nulla di "
            "nuovo è stato scelto."
        ),
        Why.ONLY_FOLLOW_UP: "“{title}” non gareggia: è pianificata soltanto come seguito di {wanted}.",
        Why.NO_MOMENT: "“{title}” non gareggia mai: il suo `when` non nomina un momento, e non è seguito di nulla.",
        Why.OTHER_POINT: "“{title}” non gareggia in un momento come questo. Gareggia {entries}.",
        Why.OTHER_EVENT: "“{title}” non gareggia quando accade questo. Gareggia {entries}.",
        Why.NOT_SHOWN_HERE: "“{title}” non può essere mostrata su {had}. Canali su cui può esserlo: {wanted}.",
        Why.ONLY_SHOWN: "“{title}” può essere mostrata soltanto a chi è presente, su {wanted}.",
        Why.LIFECYCLE: "“{title}” è per lo stato {wanted}; la persona era nello stato {had}.",
        Why.THEME: "“{title}” gareggia quando il tema è {wanted}; qui era {had}.",
        Why.STAGE: "“{title}” è per la tappa {wanted}; la persona era nella tappa {had}.",
        Why.OTHER_ACTION: "“{title}” gareggia a un esito di {wanted}; questo era di {had}.",
        Why.OTHER_JOURNEY: "“{title}” gareggia quando la causa riguarda il percorso {wanted}; qui riguardava {had}.",
        Why.OTHER_NEED: "“{title}” risponde al bisogno {wanted} su {theme}; era da fare {had}.",
        Why.UNCLEAR: (
            "Il record non nomina “{title}”, e le regole non dicono perché: non sono quelle che hanno deciso."
        ),
    },
    entries={
        "touchpoint": "al contatto “{name}”",
        "touchpoint_any": "a un contatto",
        "intent": "a un testo con l'intento “{name}”",
        "outcome": "all'esito “{name}”",
        "outcome_any": "a un esito",
        "profile_any": "quando il profilo cambia",
        "consent": "quando è dato il consenso “{name}”",
        "consent_any": "quando è dato un consenso",
        "need": "quando il bisogno “{name}” aspetta la risposta",
        "need_any": "quando un bisogno aspetta la risposta",
        "overdue": "quando il bisogno “{name}” ha aspettato troppo",
        "overdue_any": "quando un bisogno ha aspettato troppo",
        "inbound": "quando qualcuno chiede della persona su {name}",
        "inbound_any": "quando qualcuno chiede della persona",
        "proactive": "quando l'orologio della persona segna “{name}”",
        "proactive_any": "quando suona l'orologio della persona",
        "": "a “{name}”",
    },
)
