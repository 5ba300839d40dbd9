"""The party row: all a decision may know, bounded by design, one msgpack array.

Rules
 1. Append fields at the end, with defaults; never reorder, never remove: old rows decode for ever (golden bytes).
 2. No free text and no raw event ids in the row: themes and fingerprints.
 3. Every list has a bound here; what the bound means is said beside it.
 4. What holds only words and numbers is no business of the garbage collector (`gc=False`): it can be in no cycle.
"""

from msgspec import Struct, field, msgpack

from garbo.core.vocabulary.events import Value

# Ring of applied event ids: duplicates from producers come within seconds; 16 cover a burst and weigh 144 bytes.
RECENT_EVENTS = 16
# Touches kept for eligibility and the console: what a person would call "lately".
RECENT_TOUCHES = 6
# Contacts waiting for an outcome. Features are most of a row's weight; the oldest is given up (and so not learnt).
PENDING = 4
# Contacts kept, besides being younger than the longest window. When full, marketing is held back (fail closed); the
# oldest is given up, and is forgotten by every rule before the last of those kept is.
LEDGER = 96
# Source partitions remembered. A person's identifiers rarely lie on more than a handful.
MARKERS = 24
NEEDS = 12
# Planned actions. A promise is a plan: far more than anybody is promised at one time.
PLANS = 16
TIMERS = 2 * NEEDS + PLANS  # each need has two
INTERESTS = 12
# Adults and children of one household; a shared "unknown" is none.
MEMBERS = 12
# Bytes (UTF-8) of any text from outside: names and codes. What is longer is cut. With the bounds above, the fullest row
# stays under what one message may be (`processors.dead_letters`), and so can move.
TEXT = 200


class Consent(Struct, array_like=True, gc=False):
    """One consent. `sequence` is the party-events offset that set it: the order of consents is the log's."""

    granted: bool
    at: int
    sequence: int


class Need(Struct, array_like=True, gc=False):
    """Something the customer waits for. Answered between `answer_due` and `deadline`, or ended with the reason."""

    id: str
    kind: str
    theme: str
    channel: str
    opened_at: int
    answer_due: int
    deadline: int
    signals: int = 1
    promised: bool = False


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
    rider: bool = False  # rode on another contact: counts for purpose and theme, not for channels


class Pending(Struct, array_like=True):
    """A contact whose outcome may still come; what learning needs to know about the moment of choice."""

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


class Timer(Struct, array_like=True, gc=False):
    """Something to decide again at `due`. `action_id` names the reservation it holds in the ledger, if any."""

    id: str
    due: int
    intent: str  # answer | overdue | deliver | follow_up
    action: str = ""
    need: str = ""
    action_id: str = ""
    origin: str = ""  # the action that asked for it


class Interest(Struct, array_like=True, gc=False):
    weight: float
    at: int


class Member(Struct, array_like=True, gc=False):
    party: str
    name: str
    role: str


class Party(Struct, array_like=True):
    """One party. `at` is the party's own time (ms), which never goes back."""

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
    suppressions: dict[str, int] = field(default_factory=dict)  # scope -> until (ms)
    negatives: list[tuple[int, str, str, str]] = field(default_factory=list)  # (at, status, channel, theme)
    pressure: float = 0.0
    pressure_at: int = 0
    applied: dict[str, int] = field(default_factory=dict)  # "topic:partition" -> last source offset applied
    recent: list[int] = field(default_factory=list)  # fingerprints of event ids


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Party)


def encode(party: Party) -> bytes:
    return _encoder.encode(party)


def decode(row: bytes) -> Party:
    return _decoder.decode(row)
