"""Acceptance models, as models.yaml describes them."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from garbo.core.vocabulary.instants import DAY

CHAMPION: Final = "champion"  # decides; one for each family
TEXT: Final = "text"  # reads free texts; no model of models.yaml has this role
CHALLENGER: Final = "challenger"  # decides a share of the decisions in its champion's place
SHADOW: Final = "shadow"  # scores, and never decides

PRESETS: Final = (
    "ftrl", "adagrad", "hoeffding_adaptive_tree", "naive_bayes", "adpredictor", "bayesian_linear", "bagging", "constant"
)  # fmt: skip
"""Estimators with a name of ours; `garbo.learning.estimators.presets` makes them."""

DEFAULT_ESTIMATOR: Final[Mapping[str, object]] = {"preset": "ftrl"}

AUTOMATIC: Final = "automatic"  # a proof promotes the challenger at once; else it is a proposal

PARTY: Final = "party"  # an attribute of the person
STATE: Final = "state"  # what the row says about the person's behaviour and the moment
ACTION: Final = "action"  # an attribute of the action and its treatment


class Feature(Struct, frozen=True):
    """One input of a model. kind: "number" | "category". source: `PARTY`, `STATE` or `ACTION`. All of them need the
    consent `profiling`."""

    name: str
    kind: str
    source: str = PARTY


class Target(Struct, frozen=True):
    """What a model predicts: a positive outcome of the contact, or a conversion.

    touchpoint: the kind of touchpoint that is the conversion, with `theme` where one is named; empty: an outcome.
    window: how long after the contact it may come (ms); windows: by channel, where it differs. learn: "close", when the
    window closes, or "early".
    """

    touchpoint: str = ""
    theme: str = ""
    window: int = 14 * DAY
    windows: Mapping[str, int] = {}
    learn: str = "close"


class Encoding(Struct, frozen=True):
    """How an estimator sees a vector. categories: "indicators" (name=value: 1) or "values" (name: "value"). numbers:
    "standardised" or "raw". Empty: as the estimator needs (trees: values and raw; all others: indicators and
    standardised)."""

    categories: str = ""
    numbers: str = ""


class GateOptions(Struct, frozen=True):
    """How a challenger's promotion gate is set.

    most_value: the largest value of a yes that counts, in euro; 0: the largest number that the policy gives to an offer
    that the model scores. best_at: the number of examples at which the test is the sharpest.
    """

    most_value: float = 0.0
    best_at: int = 20_000


class Model(Struct, frozen=True):
    """An acceptance model. The starting propensity and evidence are P0 and SE of `core.choice.arbitration`.

    families: the families of actions that it scores. estimator: plain data, `{"preset": ...}`, `{"class": ...}` or
    `{"pipeline": [...]}`, the first two with "parameters". calibration: "platt", "none", or empty: as the estimator
    needs. crosses: pairs of features that are multiplied. of: the champion that a challenger or a shadow stands
    against. share: of the decisions that a challenger makes. promotion: "automatic" or "proposal". gate: of
    a challenger.
    """

    id: str
    features: tuple[Feature, ...]
    starting_propensity: float
    starting_evidence: float
    families: tuple[str, ...] = ()  # empty: the one with its id
    estimator: Mapping[str, object] = field(default_factory=lambda: dict(DEFAULT_ESTIMATOR))
    encoding: Encoding = Encoding()
    calibration: str = ""
    crosses: tuple[tuple[str, str], ...] = ()
    target: Target = Target()
    role: str = CHAMPION
    of: str = ""
    share: float = 0.0
    promotion: str = "proposal"
    gate: GateOptions = GateOptions()

    @property
    def scores(self) -> tuple[str, ...]:
        """The families of actions that it scores."""
        return self.families or (self.id,)


def scorers(models: Mapping[str, Model], family: str) -> tuple[Model, ...]:
    """The models that score `family`: its champion, then challengers and shadows by id."""
    own = [model for model in models.values() if family in families_of(model, models)]
    return tuple(sorted(own, key=lambda model: (model.role != CHAMPION, model.id)))


def families(models: Mapping[str, Model]) -> tuple[str, ...]:
    """The families that some model scores, sorted."""
    return tuple(sorted({family for model in models.values() for family in families_of(model, models)}))


def champions(models: Mapping[str, Model]) -> dict[str, Model]:
    """The champion of each family, by the family's name."""
    first = {family: scorers(models, family)[0] for family in families(models)}
    return {family: model for family, model in first.items() if model.role == CHAMPION}


def others(models: Mapping[str, Model]) -> dict[str, tuple[Model, ...]]:
    """The challengers and shadows of each family that has some, by the family's name, sorted by id."""
    beside = {family: tuple(m for m in scorers(models, family) if m.role != CHAMPION) for family in families(models)}
    return {family: found for family, found in beside.items() if found}


def families_of(model: Model, models: Mapping[str, Model]) -> tuple[str, ...]:
    """The families that it scores: where it names none, its champion's."""
    champion = models.get(model.of) if model.role != CHAMPION and not model.families else None
    return (champion or model).scores
