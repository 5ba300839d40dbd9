"""What the learn processor keeps of a model: its learner, its figures, its trial; in a row and in memory."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field

from msgspec import MsgspecError, Struct, field, msgpack

from garbo.core.policy.models import AUTOMATIC, CHALLENGER, Model
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Learn
from garbo.learning import registry
from garbo.learning.estimators.config import config_hash
from garbo.learning.estimators.state_walk import UnsafeState
from garbo.learning.evaluation import contest, gate
from garbo.learning.evaluation.figures import Figures
from garbo.learning.evaluation.gate import GateRules, GateState
from garbo.learning.learner import Learner
from garbo.learning.text import TextLearner
from garbo.processors.stored import unreadable
from garbo.text.linear import TextModelError

# Ring of applied example ids: what a crash can make decide send again is one commit interval, two chunks of 500.
RECENT_EXAMPLES = 1024
# One example must not count for a hundred: a model that was sure of a "yes" learns little from a late one anyway.
MAX_WEIGHT = 20.0


class State(Struct, array_like=True):
    """A model's row. Append fields with defaults, never remove or reorder them: old rows decode for ever.

    trained_on: examples learnt, through any change of configuration. published: what trained_on was in the last
    snapshot this row knows of, 0 for none. recent: fingerprints of example ids, oldest first. config: the hash of the
    configuration that learnt. learnt: the learner's state. promoted: the champion whose place the model takes. trial:
    what the gate knows of a challenger. latest: the instant of the latest example (ms). scorer, parameters: of rows
    before 0.12, whose models start from nothing.
    """

    scorer: str
    trained_on: int
    published: int
    parameters: dict[str, float | dict[str, float]]
    progressive: Figures
    recent: list[int] = field(default_factory=list)
    config: str = ""
    learnt: bytes = b""
    promoted: str = ""
    trial: GateState = field(default_factory=GateState)
    latest: int = 0


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(State)


@dataclass(slots=True)
class ModelState:
    """A model's state in memory. published_at: ms, 0 for never. recent: an ordered set of example fingerprints."""

    model: Model
    config: str
    learner: Learner
    trained_on: int
    published: int
    published_at: int
    progressive: Figures
    recent: dict[int, None]
    promoted: str = ""
    trial: GateState = dataclass_field(default_factory=GateState)
    latest: int = 0
    rules: GateRules | None = None  # of the model's trial; None: it has none
    reset: bool = False  # another configuration since the row was written

    def take(self, example: Learn, mark: int) -> None:
        """Test the learner on `example`, then learn it, then ask the gate. mark: the fingerprint of its id.

        Raises:
            RuntimeError: the estimator panicked; code in Rust does so with a BaseException.
        """
        try:
            probability = self.learner.predict_one(example.features)
            if isinstance(self.learner, TextLearner):  # hashes have no name that somebody could look up
                self.progressive.take(example.kind, *self.learner.tested(example.features), {})
            else:
                self.progressive.take(example.kind, probability, example.label, example.features)
            self.learner.learn_one(example.features, example.label, weight(example.kind, probability))
        except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as panic:  # noqa: BLE001
            raise RuntimeError(f"the estimator of model {self.model.id!r} panicked: {str(panic)[:200]}") from None
        self.latest = max(self.latest, example.at)
        if self.rules is not None:
            contest.take(self.trial, self.rules, example, self.latest)
        self.trained_on += 1
        self.recent[mark] = None
        if len(self.recent) > RECENT_EXAMPLES:
            del self.recent[next(iter(self.recent))]

    def enrol(self, policy: Policy) -> None:
        """Take the rules of the model's trial from `policy`. A model that contests nothing forgets its trial."""
        self.rules = trial_rules(policy, self.model)
        if self.model.role != CHALLENGER:
            self.trial = GateState()

    def judged(self) -> gate.Verdict | None:
        """What the gate says; None without a trial. Where the policy says so, a proof promotes the model at once."""
        model = self.model
        proved = gate.proved(self.trial, model.share, model.of)
        self.promoted = model.of if proved and model.promotion == AUTOMATIC else ""
        return gate.verdict(self.trial, self.rules) if self.rules is not None else None

    def row(self) -> bytes:
        state = State(
            scorer="",
            trained_on=self.trained_on,
            published=self.published,
            parameters={},
            progressive=self.progressive,
            recent=list(self.recent),
            config=self.config,
            learnt=self.learner.state(),
            promoted=self.promoted,
            trial=self.trial,
            latest=self.latest,
        )
        return _encoder.encode(state)


def weight(kind: str, probability: float) -> float:
    """How many examples an example counts for (Ktena et al. 2019, "Addressing delayed feedback").

    An early "no" may still become a "yes": it counts less, and an early "yes" more. A late "yes" must outweigh the "no"
    that was learnt when the window closed. probability: the model's own, now.
    """
    if kind == "early_no":
        return (1.0 - probability) * (1.0 + probability)
    if kind == "early_yes":
        return 1.0 + probability
    if kind == "late_yes":
        return min(1.0 / (1.0 - probability), MAX_WEIGHT)
    return 1.0


def load(model: Model, row: bytes | None) -> ModelState:
    """The state that `row` holds, or a new one. Raises `StoreError` when the row cannot be read."""
    if row is None:
        return fresh(model)
    try:
        kept = _decoder.decode(row)
        state = ModelState(
            model,
            kept.config,
            registry.new(model),
            kept.trained_on,
            kept.published,
            0,
            kept.progressive,
            dict.fromkeys(kept.recent),
            kept.promoted,
            kept.trial,
            kept.latest,
        )
        attach_model(state, model, kept.learnt)
    except (MsgspecError, UnicodeDecodeError, UnsafeState, TextModelError) as problem:
        raise unreadable(f"learner row of model {model.id!r}", problem) from None
    return state


def fresh(model: Model) -> ModelState:
    return ModelState(model, config_hash(model), registry.new(model), 0, 0, 0, Figures(), {})


def attach_model(state: ModelState, model: Model, learnt: bytes) -> None:
    """Go on under `model` from what was `learnt` with the state's configuration.

    If `model` has another configuration, start from nothing; the first example is then published at once.
    """
    state.model = model
    config = config_hash(model)
    if config == state.config:
        state.learner = registry.restore(model, learnt)
    else:
        state.config = config
        state.learner = registry.new(model)
        state.progressive = Figures()
        state.published = 0
        state.promoted, state.trial = "", GateState()
        state.reset = True


def trial_rules(policy: Policy, model: Model) -> GateRules | None:
    """The rules of a challenger's trial; None for a champion, a shadow, and where no offer has a value in numbers."""
    if model.role != CHALLENGER:
        return None
    try:
        return contest.rules_of(policy, model)
    except ValueError:
        return None
