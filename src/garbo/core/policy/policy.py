"""The policy as the core sees it: immutable, validated. Written in YAML, built by `garbo.policy`.

All durations are milliseconds, all values euro. There is one file for each YAML file; this one holds policy.yaml and
the whole. Labels and meanings that an analyst writes are kept for people to read. A message names its theme by the
label; no gate and no score reads them.
"""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.policy.actions import Action, Rule
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.policy.consents import ConsentDefinition
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.exploration import Strategy
from garbo.core.policy.feedback import Feedback
from garbo.core.policy.groups import Group
from garbo.core.policy.journey import Journey, StageDefinition, TouchpointKind
from garbo.core.policy.lookups import Lookup
from garbo.core.policy.models import CHAMPION, Model, scorers
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.proactive import Proactive
from garbo.core.policy.reading import NoReader, TextReader
from garbo.core.policy.themes import Theme
from garbo.core.policy.vocabulary import DEFAULT, Vocabulary
from garbo.core.vocabulary.instants import DAY, MINUTE


class Arbitration(Struct, frozen=True):
    """How offers are weighed: the symbols are those of `core.choice.arbitration`."""

    customer_weight: float = 1.0  # lambda
    pressure_weight: float = 1.0  # mu
    silence_score: float = 0.0  # an offer must be worth more than this
    exploration: float = 0.0  # epsilon, shared by silence and the feasible offers that score above it
    explored_at_most: int = 1  # explored contacts of one party in every `explored_within` ms
    explored_within: int = 30 * DAY
    salt: str = "garbo"
    strategy: Strategy | None = None  # how it explores instead; None: epsilon-greedy

    @property
    def explores(self) -> bool:
        return self.strategy is not None or self.exploration > 0.0


class Learning(Struct, frozen=True):
    """What labels need besides a model's target.

    pending_at_most: contacts of one party that wait for an outcome at one time. late_windows: for how many windows
    more, after a contact's window has closed, a yes is still learnt.
    """

    pending_at_most: int = 12
    late_windows: float = 1.0


class HoldOut(Struct, frozen=True):
    """A control group without marketing: a `share` of all parties, drawn again every `period` ms."""

    share: float = 0.0
    period: int = 180 * DAY
    salt: str = "hold-out"


class Policy(Struct, frozen=True):
    """One version of a policy. Mappings are by name, in the order of their file.

    zone: IANA name, for parties whose own zone is unknown. country: whose public holidays close channels (ISO code).
    languages: of every text; the first is the default.
    """

    version: str
    name: str = ""
    zone: str = "Europe/Rome"
    country: str = ""
    languages: tuple[str, ...] = ("it",)
    actions: Mapping[str, Action] = {}
    contact: ContactPolicy = ContactPolicy()
    needs: Mapping[str, NeedKind] = {}
    lifecycle: Mapping[str, str] = {}  # trigger -> life-cycle state it leads to
    touchpoints: Mapping[str, TouchpointKind] = {}
    journeys: Mapping[str, Journey] = {}
    segments: Mapping[str, Rule] = {}  # the first that holds when a journey starts is the party's
    themes: Mapping[str, Theme] = {}
    interest_half_life: int = 14 * DAY
    attributes: Mapping[str, Attribute] = {}
    variables: frozenset[str] = frozenset()  # the variables its rules use: only those are built
    arbitration: Arbitration = Arbitration()
    models: Mapping[str, Model] = {}
    consents: Mapping[str, ConsentDefinition] = {}
    extra_consents: Mapping[str, tuple[str, ...]] = {}  # purpose -> consents the bank asks on top of the law's
    future_tolerance: int = 5 * MINUTE
    model_cost: int = 2  # ms of latency budget a model's answer may cost; less left: the prior decides
    attribution_window: int = 30 * DAY  # of a contact that no model learns from
    learning: Learning = Learning()
    groups: Mapping[str, Group] = {}
    channels: Mapping[str, ChannelPolicy] = {}
    decide_on: frozenset[str] = frozenset()  # what `when: event` is short for: kinds, statuses, consents
    hold_out: HoldOut = HoldOut()
    proactive: Proactive = Proactive()
    reader: TextReader = NoReader()  # what reads the free texts, by the words of themes.yaml
    vocabulary: Vocabulary = DEFAULT
    lookups: Mapping[str, Lookup] = {}  # what its rules look up, by its name in their context
    placing_variables: frozenset[str] = frozenset()  # those that the conditions of journeys and segments use
    placing_lookups: Mapping[str, Lookup] = {}
    feedback: Feedback = Feedback()  # off

    @property
    def language(self) -> str:
        """The default language."""
        return self.languages[0]

    @property
    def stages(self) -> tuple[StageDefinition, ...]:
        """Every stage of every journey, in order."""
        return tuple(stage for journey in self.journeys.values() for stage in journey.stages.values())

    def stage(self, journey: str, name: str) -> StageDefinition | None:
        """The stage `name` of `journey`; None if the map has it no more."""
        found = self.journeys.get(journey)
        return found.stages.get(name) if found is not None else None

    def champion(self, family: str) -> Model | None:
        """The model that decides for `family`. `CompiledPolicy.champions` has them all at hand."""
        return next((m for m in scorers(self.models, family) if m.role == CHAMPION), None)
