"""What the page says, in English and Italian. One key a sentence, both languages side by side."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from garbo.core.policy.journey import EVERYONE

LANGUAGES: Final = ("en", "it")


class Said(NamedTuple):
    """A sentence in each language."""

    en: str
    it: str


WORDS: Final[Mapping[str, Said]] = {
    # the page
    "exits_from": Said(
        "What happened from {since} to {until} (UTC). Earlier exits do not count: only quick ones had happened by "
        "then.",
        "Ciò che è accaduto dal {since} al {until} (UTC). Le uscite precedenti non contano: c'erano solo le più "
        "rapide.",
    ),
    "contents": Said("Contents", "Indice"),
    "begun": Said("journeys begun", "percorsi iniziati"),
    "reached": Said("goals reached", "traguardi raggiunti"),
    "completion": Said("reach the goal", "arrivano al traguardo"),
    "expected": Said("expected {share}", "atteso {share}"),
    "counted_from": Said("exits count from here on", "le uscite contano da qui"),
    "lost_visits": Said("visits lost", "visite perse"),
    # the flow
    "flow": Said("The flow", "Il flusso"),
    "flow_help": Said(
        "Widths are visits, to scale; arcs and ways beside the path are narrower. Above the line: orange goes back, "
        "violet passes over stages. What goes down drops off, with its share of the stage's exits. Flows below "
        "{least} visits are not drawn; the table has them.",
        "Gli spessori sono visite, in scala; gli archi e le vie a lato sono più sottili. Sopra la linea: in "
        "arancione i ritorni, in viola i salti. Ciò che scende abbandona, con la sua quota delle uscite della fase. I "
        "flussi sotto {least} visite non sono disegnati; la tabella li contiene.",
    ),
    "visits": Said("visits", "visite"),
    "of_exits": Said("of exits", "delle uscite"),
    "drops_off": Said("drops off", "abbandona"),
    "(patience)": Said("patience over", "pazienza finita"),
    "(ended)": Said("ended", "terminato"),
    # the narrowing
    "narrowing": Said("The narrowing", "La strettoia"),
    "claim": Said(
        "{stage}: {cause}. With as little of it as is usual, {gain} more journeys would reach the goal (95 % "
        "interval {low} to {high}; with what the data cannot tell, {band_low} to {band_high}).",
        "{stage}: {cause}. Se fosse al livello usuale, il {gain} di percorsi in più arriverebbe al traguardo "
        "(intervallo al 95 % da {low} a {high}; con ciò che i dati non dicono, da {band_low} a {band_high}).",
    ),
    "claim_association": Said(
        "{stage}: {cause}. Where it is as rare as usual, {gain} more journeys reach the goal (95 % interval {low} "
        "to {high}). This is an association: who is less interested refuses more and leaves more, so fewer refusals"
        " need not bring these journeys back.",
        "{stage}: {cause}. Dove è raro come di consueto, arriva al traguardo il {gain} di percorsi in più "
        "(intervallo al 95 % da {low} a {high}). È un'associazione: chi è meno interessato rifiuta di più e "
        "abbandona di più, quindi meno rifiuti non riportano per forza questi percorsi.",
    ),
    "share_usual": Said(
        "It meets {share} of the visits; usual is {usual}.",
        "Riguarda il {share} delle visite; l'usuale è {usual}.",
    ),
    "mostly": Said("Most of the excess: {where}.", "La maggior parte dell'eccesso: {where}."),
    "named": Said("Most often: {detail}.", "Più spesso: {detail}."),
    "no_claim": Said(
        "No narrowing is claimed: no cause at any stage is sure enough (95 %) to cost {least} of the completions.",
        "Nessuna strettoia dichiarata: nessuna causa in nessuna fase costa con sufficiente certezza (95 %) il "
        "{least} degli arrivi.",
    ),
    "no_causes": Said(
        "No cause can be named: the data hold no reasons of the engine and no answer times.",
        "Nessuna causa si può nominare: i dati non contengono motivi del motore né tempi di risposta.",
    ),
    "widest_loss": Said(
        "What weighs most is {stage}: {lost} of its visits drop off; if none did, completions would rise by "
        "{weight}. This is a bound, not what any measure would bring.",
        "Pesa di più {stage}: il {lost} delle sue visite abbandona; se nessuna lo facesse, gli arrivi salirebbero "
        "del {weight}. È un limite, non l'effetto di una misura.",
    ),
    "mark": Said("{cause}: {gain}", "{cause}: {gain}"),
    "mark_loss": Said("weighs most", "pesa di più"),
    "cause": Said("cause", "causa"),
    "gain": Said("gain", "guadagno"),
    "interval": Said("95 %", "95 %"),
    "band": Said("band", "fascia"),
    "sure": Said("P(counts)", "P(conta)"),
    "share": Said("share", "quota"),
    "usual": Said("usual", "usuale"),
    "where": Said("mostly", "soprattutto"),
    "detail": Said("named", "nome"),
    "causes_help": Said(
        "Gain: relative rise of completions if the cause fell to what is usual. Band: the interval widened by what "
        "the data cannot tell. P(counts): the chance that the gain is at least {least}.",
        "Guadagno: aumento relativo degli arrivi se la causa scendesse al livello usuale. Fascia: l'intervallo "
        "allargato da ciò che i dati non dicono. P(conta): la probabilità che il guadagno sia almeno {least}.",
    ),
    "association": Said("association", "associazione"),
    # drift
    "drifts": Said("What has changed", "Che cosa è cambiato"),
    "drift_conversion": Said(
        "{stage}: of 100 exits, {after} lead onward; {before} did before ({change}, interval {low} to {high}).",
        "{stage}: su 100 uscite, {after} vanno avanti; prima erano {before} ({change}, intervallo da {low} a {high}).",
    ),
    "drift_dwell": Said(
        "{stage}: visits that go on last {after}; {before} before ({change}, interval {low} to {high}).",
        "{stage}: le visite che proseguono durano {after}; prima {before} ({change}, intervallo da {low} a {high}).",
    ),
    "drifts_help": Said(
        "From {turn} to {until} against {since} to {turn}. Only changes that are material and sure.",
        "Dal {turn} al {until} rispetto al periodo dal {since} al {turn}. Solo cambiamenti rilevanti e certi.",
    ),
    # where the figures are from
    "cells_equal": Said(
        "The {of} cells of the engine equal those recomputed from the log of facts, to the byte.",
        "Le {of} celle del motore sono uguali, al byte, a quelle ricalcolate dal registro dei fatti.",
    ),
    "cells_differ": Said(
        "{differ} of {of} cells are not those recomputed from the log: do not rely on these figures; run garbo journey "
        "recompute.",
        "{differ} celle su {of} non sono quelle ricalcolate dal registro: non fidarsi di queste cifre; eseguire garbo "
        "journey recompute.",
    ),
    "cells_unchecked": Said(
        "The cells were not compared with the log: retention has deleted their facts.",
        "Le celle non sono state confrontate con il registro: i loro fatti sono stati cancellati.",
    ),
    "cells_left_out": Said(
        "{number} older cells were not compared: retention has deleted some of their facts.",
        "{number} celle più vecchie non sono state confrontate: parte dei loro fatti è stata cancellata.",
    ),
    "unripe": Said(
        "Journey {journey} is left out: its exits count from {first} on.",
        "Il percorso {journey} manca: le sue uscite contano dal {first}.",
    ),
    "few_visits": Said(
        "No stage has {number} finished visits: nothing is judged; what follows is what there is.",
        "Nessuna fase ha {number} visite concluse: non si giudica nulla; segue ciò che c'è.",
    ),
    "written": Said("The page is in {file}.", "La pagina è in {file}."),
    "published": Said(
        "{number} messages written to journey-findings.", "{number} messaggi scritti su journey-findings."
    ),
    # why
    "why_visits": Said(
        "{visits} visits ended from {since} to {until} (UTC).",
        "{visits} visite sono finite dal {since} al {until} (UTC).",
    ),
    "not_sure": Said(
        "Not sure enough to be claimed: P(counts) is {sure}.",
        "Non abbastanza certo per essere dichiarato: P(conta) è {sure}.",
    ),
    "obstacle": Said("what held them back", "che cosa le ha fermate"),
    "held_back": Said("visits", "visite"),
    "more_obstacles": Said("{number} more with --json.", "Altri {number} con --json."),
    "examples": Said(
        "The latest {number} that met: {obstacle}.", "Le ultime {number} che l'hanno incontrato: {obstacle}."
    ),
    "no_examples": Said(
        "No visit that it held is left on journey-flows: retention has deleted the facts.",
        "Nessuna visita fermata è rimasta su journey-flows: i fatti sono stati cancellati.",
    ),
    "explain_hint": Said(
        "garbo explain DECISION gives the reasons of a decision.",
        "garbo explain DECISION dà i motivi di una decisione.",
    ),
    "party": Said("party", "persona"),
    "held_at": Said("held at", "fermata alle"),
    "decision": Said("decision", "decisione"),
    "left_at": Said("left at", "uscita alle"),
    "went": Said("went to", "verso"),
    # stages
    "stages": Said("Stages", "Fasi"),
    "stage": Said("stage", "fase"),
    "turn": Said("turn", "turno"),
    "customer": Said("customer", "cliente"),
    "company": Said("company", "azienda"),
    "entries": Said("visits", "visite"),
    "returns": Said("returns", "ritorni"),
    "skipped": Said("passed over", "saltata"),
    "exits": Said("exits", "uscite"),
    "onward": Said("onward", "avanti"),
    "back": Said("back", "indietro"),
    "aside": Said("aside", "di lato"),
    "lost": Said("drops off", "abbandona"),
    "median": Said("median", "mediana"),
    "p90": Said("90 %", "90 %"),
    "time": Said("of all time", "del tempo"),
    "touches": Said("touches a visit", "contatti a visita"),
    "weight": Said("without loss", "senza perdite"),
    "stages_help": Said(
        "Drop-off: of the visits that ended, those after which the journey is neither at another stage nor at the "
        "goal. Without loss: by how much completions would rise if nobody dropped off there.",
        "Abbandono: delle visite finite, quelle dopo le quali il percorso non è né in un'altra fase né al "
        "traguardo. Senza perdite: di quanto salirebbero gli arrivi se lì nessuno abbandonasse.",
    ),
    # charts
    "funnel": Said("The funnel", "L'imbuto"),
    "funnel_help": Said(
        "First visits to each stage of the ideal path, for each 100 journeys begun.",
        "Prime visite a ciascuna fase del percorso ideale, ogni 100 percorsi iniziati.",
    ),
    "dwell": Said("How long visits last", "Quanto durano le visite"),
    "dwell_help": Said(
        "Dot: median. Thick: the middle half. Thin: 10 to 90 %. Tick: what the map promises; cross: its patience.",
        "Punto: mediana. Spesso: la metà centrale. Sottile: dal 10 al 90 %. Tacca: quanto promette la mappa; croce:"
        " la pazienza.",
    ),
    "responses": Said("Responses to contacts", "Risposte ai contatti"),
    "responses_help": Said(
        "By the stage in which the contact was made, and by treatment. Value: to the customer, delivered (euro).",
        "Per fase in cui è avvenuto il contatto, e per trattamento. Valore: per il cliente, reso (euro).",
    ),
    "by_treatment": Said("By treatment", "Per trattamento"),
    "per_goal": Said("contacts for each goal reached", "contatti per traguardo raggiunto"),
    "contacts": Said("contacts", "contatti"),
    "positive": Said("positive", "positive"),
    "neutral": Said("neutral", "neutre"),
    "negative": Said("negative", "negative"),
    "ignored": Said("ignored", "ignorati"),
    "value": Said("value", "valore"),
    "treatment": Said("treatment", "trattamento"),
    # attraction
    "attraction": Said("Attraction and avoidance", "Attrazione ed evitamento"),
    "attraction_help": Said(
        "Visits for each party that the ideal path leads there; 1 is the ideal path. Less: avoided. More: visited "
        "again. Intervals from the partitions (jackknife).",
        "Visite per ogni persona che il percorso ideale vi conduce; 1 è il percorso ideale. Meno: evitata. Più: "
        "rivisitata. Intervalli dalle partizioni (jackknife).",
    ),
    "led": Said("led there", "condotti"),
    "avoided": Said("avoided", "evitata"),
    "pull": Said("pull", "attrazione"),
    "why": Said("why", "perché"),
    "why_one": Said(
        "{obstacle}: {avoiders} of those who did not come, {enterers} of those who came",
        "{obstacle}: {avoiders} di chi non è venuto, {enterers} di chi è venuto",
    ),
    "liked": Said("Where customers like to stop", "Dove i clienti si fermano volentieri"),
    "liked_help": Said(
        "Stages where it is the customer's turn, the most touched first.",
        "Fasi in cui tocca al cliente, prima le più frequentate.",
    ),
    # attention
    "attention": Said("Minimum attention", "Attenzione minima"),
    "attention_help": Said(
        "Silent: an answer was due, patience ran out, and none had come. Needs: late or never answered.",
        "Silenzio: una risposta era dovuta, la pazienza è finita e non è arrivata. Bisogni: tardi o mai risolti.",
    ),
    "silent": Said("silent", "in silenzio"),
    "needs": Said("needs", "bisogni"),
    "late": Said("late", "tardi"),
    "unanswered": Said("unanswered", "senza risposta"),
    "reasons": Said("reasons", "motivi"),
    "waited": Said("nothing held it back:", "niente lo fermava:"),
    "ranking": Said("All causes, by gain", "Tutte le cause, per guadagno"),
    "all_attended": Said("Nobody was left without what was due.", "Nessuno è rimasto senza ciò che gli era dovuto."),
    # slices
    "by_channel": Said("By channel", "Per canale"),
    "by_segment": Said("By segment", "Per segmento"),
    "by_period": Said("By period", "Per periodo"),
    "slices_help": Said(
        "Drop-off by stage, with the number of exits; fewer than 30 are not shown. The first and the last period "
        "may be incomplete.",
        "Abbandono per fase, con il numero di uscite; sotto 30 non è mostrato. Il primo e l'ultimo periodo possono "
        "essere incompleti.",
    ),
    "notes": Said("Notes", "Note"),
    "nobody": Said("(none)", "(nessuno)"),
    "everyone_else": Said("everyone else", "tutti gli altri"),
    "everywhere": Said("everywhere", "ovunque"),
    "other": Said("other", "altri"),
    # causes
    "consent": Said("no consent", "manca il consenso"),
    "rule": Said("a rule", "una regola"),
    "suppressed": Said("a pause", "una pausa"),
    "unreachable": Said("unreachable", "irraggiungibile"),
    "quiet_hours": Said("quiet hours", "ore di quiete"),
    "cap": Said("a cap", "un limite"),
    "capacity": Said("no capacity", "capacità esaurita"),
    "outranked": Said("outranked", "superata da altro"),
    "slow": Said("slow answers", "risposte lente"),
    "negative_cause": Said("a negative response", "una risposta negativa"),
}


class Say:
    """Sentences, numbers and durations in one language."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no language {language!r}: one of {', '.join(LANGUAGES)}")
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **values: str) -> str:
        """The sentence `key`, its placeholders filled. Raises KeyError for a key that is not in WORDS."""
        return WORDS[key][self._place].format(**values)

    def label(self, label: Mapping[str, str], name: str) -> str:
        """A label of the map; its name, with spaces, where it has none."""
        return label.get(self.language) or label.get("en") or name.replace("_", " ")

    def segment(self, name: str) -> str:
        """A segment's name; words for the parties that no other segment fits."""
        return self("everyone_else") if name == EVERYONE else name

    def where(self, channel: str, segment: str) -> str:
        """A channel and a segment; "" for neither."""
        return ", ".join(filter(None, (channel, self.segment(segment))))

    def cause(self, obstacle: str) -> str:
        """`rule:min_age` as words."""
        cause, _, name = obstacle.partition(":")
        key = "negative_cause" if cause == "negative" else cause
        said = self(key) if key in WORDS else cause
        return f"{said} ({name})" if name else said

    def number(self, value: float, places: int = 0) -> str:
        """1,234.5 or 1.234,5."""
        text = f"{value:,.{places}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "it" else text

    def percent(self, share: float, places: int = 1) -> str:
        """12.3 %."""
        return f"{self.number(100 * share, places)} %"

    def rise(self, share: float, places: int = 0) -> str:
        """+12 % or −3 %."""
        sign = "+" if share >= 0 else "−"
        return f"{sign}{self.percent(abs(share), places)}"

    def duration(self, ms: float) -> str:
        """2.5 d, 3 h, 12 min, 5 s."""
        for unit, size in (("d" if self.language == "en" else "g", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
            if ms >= size:
                value = ms / size
                return f"{self.number(value, 0 if value >= 10 else 1)} {unit}"
        return f"{self.number(ms / 1000)} s"
