"""The party row: all a decision may know about a party, bounded by design, one msgpack array.

Rules
 1. Append fields at the end, with defaults; never reorder, never remove: old rows decode for ever (golden bytes).
 2. No free text and no raw event ids in the row: themes and fingerprints.
 3. Every list has a bound here, with its meaning.
 4. A struct that holds only words and numbers can be in no cycle, so the garbage collector ignores it (`gc=False`).
"""

from msgspec import Struct, field, msgpack

from garbo.core.journeys.instance import Instance
from garbo.core.vocabulary.events import Value

# Applied event ids in the ring. A producer's duplicates come within seconds; 16 cover a burst and take 144 bytes.
RECENT_EVENTS = 16
# Touches kept, for eligibility and the console: what a person would call "lately".
RECENT_TOUCHES = 6
# Contacts that wait for an outcome; a policy may ask for fewer (`Learning.pending_at_most`). One that is given up
# before its label is counted.
PENDING = 24
# Features that these contacts keep together, most of a row's size: 4 contacts of a model with 256, or 24 with 40.
FEATURES = 1024
# Contacts in the ledger; those older than the longest window leave it. When it is full, marketing is held back (fail
# closed) and the oldest is given up, which every rule forgets before the others.
LEDGER = 96
# Source partitions remembered. A person's identifiers rarely lie on more than a handful.
MARKERS = 24
NEEDS = 12
# Planned actions, promises among them: far more than anybody is promised at one time.
PLANS = 16
# Instants kept of one counter, and counters: a policy that asks for more is refused. With 9 bytes an instant, 14 kB.
COUNTED = 32
COUNTERS = 48
TIMERS = 2 * NEEDS + PLANS + 3  # each need has two; the party's own clock, its labels and its journeys have one each
INTERESTS = 12
# Members of one household. A household with more is a shared "unknown" rather than a family.
MEMBERS = 12
# Channels to which a party has objected. With more, the objection is to every channel.
OBJECTIONS = 16
# Consents to marketing, by channel, that lift older objections: four consents on a dozen channels.
INVITATIONS = 48
# Bytes (UTF-8) of any text from outside: names and codes. A longer text is cut. With the bounds above, the fullest row
# stays below the largest message (`processors.dead_letters`), so it can move.
TEXT = 200


class Consent(Struct, array_like=True, gc=False):
    """One consent. `sequence` is the party-events offset that set it: the order of consents is the log's."""

    granted: bool
    at: int
    sequence: int


class Need(Struct, array_like=True, gc=False):
    """Something the customer waits for: answered between `answer_due` and `deadline` (ms), or ended with a reason."""

    id: str
    kind: str
    theme: str
    channel: str
    opened_at: int
    answer_due: int
    deadline: int
    signals: int = 1
    promised: bool = False
    public: bool = False  # all of its signals were said where all can read them
    answering: str = ""  # action_id of the answer that is under way
    tried: list[str] = []  # "action/channel" of answers that did not arrive


class Touch(Struct, array_like=True, gc=False):
    at: int
    channel: str
    kind: str
    theme: str


class Contact(Struct, array_like=True, gc=False):
    """One line of the contact ledger: purpose, theme and class are frozen when it is written."""

    at: int
    channel: str
    action: str
    action_class: str
    purpose: str
    theme: str
    action_id: str
    planned: bool = False  # reserved for `at`, not made yet
    rider: bool = False  # no contact of its own (it rode on one, or was shown to who was there): only its tags count
    group: str = ""
    look: bool = False  # about what the person merely looked at
    explored: bool = False  # drawn to explore
    member: str = ""  # made with this member of the household, not with the party


class Pending(Struct, array_like=True):
    """A contact whose outcome may still come, with what learning needs to know about the choice."""

    action_id: str
    action: str
    family: str
    channel: str
    theme: str
    at: int
    probability: float
    propensity: float
    model_version: str
    features: dict[str, float] | None = None
    tried: list[str] = []  # channels on which the action failed before
    seen: bool = False  # opened or clicked
    ignored: bool = False  # its time to be answered is over, and that was counted
    reported: bool = False  # its dispatcher has reported something about it
    behavioural: bool = False  # what made it a candidate was the person's behaviour
    contest: str = ""  # id of the challenger that contested the decision; "" for none
    champion_probability: float = -1.0  # with which either lineup would have selected it; -1: none contested
    challenger_probability: float = -1.0
    value: float = 0.0  # what a yes was worth at the choice (euro)
    cost: float = 0.0  # of the contact (euro)
    closes: int = 0  # when its window closes (ms); 0: nothing is learnt from it, or no longer
    until: int = 0  # how long a late yes is learnt, and an outcome without an id belongs to it (ms)
    early: bool = False  # it is learnt early: a no when it is made, then perhaps a yes
    labelled: bool = False  # its label was given; only a yes may still come
    yes_at: int = 0  # when the yes came (ms); 0: none has
    answered: bool = False  # an outcome has said yes or no
    value_customer: int = 0  # what it is worth to the customer (thousandths of a euro)
    delivered: bool = False  # that value was counted


class Plan(Struct, array_like=True):
    """What was chosen when a contact was planned: it is confirmed or cancelled later, never drawn again."""

    channel: str
    probability: float
    propensity: float
    model_version: str = ""
    features: dict[str, float] | None = None
    explored: bool = False
    look: bool = False
    tried: list[str] = []
    behavioural: bool = False  # what made it a candidate was the person's behaviour
    contest: str = ""  # id of the challenger that contested the decision; "" for none
    champion_probability: float = -1.0  # with which either lineup would have selected it; -1: none contested
    challenger_probability: float = -1.0
    value: float = 0.0  # what a yes was worth at the choice (euro)
    cost: float = 0.0  # of the contact (euro)


class Timer(Struct, array_like=True):
    """Something to decide again at `due` (ms). action_id: of the reservation it holds in the ledger, if any."""

    id: str
    due: int
    intent: str  # answer | overdue | report | deliver | follow_up | promise | proactive | label | journey
    action: str = ""
    need: str = ""
    action_id: str = ""
    origin: str = ""  # never set nor read. Rows are arrays, so its place stays: a later field must come after it
    plan: Plan | None = None


class Interest(Struct, array_like=True, gc=False):
    weight: float
    at: int


class Member(Struct, array_like=True, gc=False):
    party: str
    name: str
    role: str
    consents: list[str] = []  # those the member has given, as far as they are known here


class Party(Struct, array_like=True):
    """One party. at: the party's own time (ms), which never goes back. alias_of: the party to which the row moved."""

    id: str
    version: int = 1
    at: int = 0
    alias_of: str = ""
    lifecycle: str = "lead"
    lifecycle_since: int = 0
    stage: str = ""
    stage_since: int = 0
    name: str = ""
    language: str = ""
    zone: str = ""
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    household: str = ""
    members: list[Member] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    interests: dict[str, Interest] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    suppressions: dict[str, int] = field(default_factory=dict)  # "rule|scope" -> until (ms): `party.suppressions`
    negatives: list[tuple[int, str, str, str]] = field(default_factory=list)  # (at, status, channel, "theme|action")
    pressure: float = 0.0
    pressure_at: int = 0
    applied: dict[str, int] = field(default_factory=dict)  # "topic:partition" -> last source offset applied
    recent: list[int] = field(default_factory=list)  # fingerprints of event ids
    attributes_at: dict[str, int] = field(default_factory=dict)  # attribute -> when its value was stated (ms)
    clock: dict[str, int] = field(default_factory=dict)  # cause of a proactive point -> what it was last asked for
    answered_on: str = ""  # the channel on which a contact was last opened, clicked or accepted
    decided_at: int = 0  # when something was last decided other than silence for lack of candidates (ms)
    counters: dict[str, list[int]] = field(default_factory=dict)  # what rules count -> when (ms): `party.counters`
    objections: dict[str, int] = field(default_factory=dict)  # channel, or "*" -> latest objection to marketing (ms)
    invitations: dict[str, int] = field(default_factory=dict)  # "consent|channel", or "|*" -> when it was given (ms)
    journeys: list[Instance] = field(default_factory=list)  # where the party stands on the map: `core.journeys`
    journey_base: bytes = b""  # where it stood before the journal
    journal: bytes = b""  # the latest happenings, packed: `core.journeys.journal`
    settled: int = 0  # what happened until then (ms) is settled
    journey: str = ""  # of `stage`


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Party)


def encode(party: Party) -> bytes:
    return _encoder.encode(party)


def decode(row: bytes) -> Party:
    return _decoder.decode(row)
