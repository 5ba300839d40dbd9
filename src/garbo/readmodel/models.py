"""What the workers know of the models, read from the topic `model-snapshots`."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.policy.models import Model
from garbo.errors import GarboError
from garbo.learning.evaluation.figures import Figures
from garbo.learning.snapshots import Snapshot
from garbo.processors.topics import Topics


class Published(NamedTuple):
    """A model's latest snapshot. at: when it was appended (ms)."""

    snapshot: Snapshot
    at: int


class Snapshots(NamedTuple):
    """Every model's latest snapshot, by model. refused: how many newer ones cannot be read; workers refuse them too."""

    published: Mapping[str, Published]
    refused: int


class ModelLine(NamedTuple):
    """A model of the policy, of the topic, or of both.

    role: "" if the policy does not have it. of: the champion that it stands against. version: "" without a snapshot;
    `figures` is then None. at: of the snapshot (ms). trial: how a challenger's trial stands, "" if nothing says so.
    """

    model: str
    role: str
    of: str
    version: str
    at: int
    figures: Figures | None
    trial: str


def latest(kafka: KafkaSettings, topics: Topics, decode: Callable[[bytes], Snapshot]) -> Snapshots:
    """Read the topic to its present end.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: the broker does not answer.
    """
    published: dict[str, Published] = {}
    refused = 0
    for message in read_all(kafka, [topics.snapshots]):
        if message.value is None:
            published.pop((message.key or b"").decode("utf-8", "replace"), None)
            continue
        try:
            snapshot = decode(message.value)
        except GarboError:
            refused += 1
            continue
        published[snapshot.model] = Published(snapshot, message.timestamp_ms)
    return Snapshots(published, refused)


def lines(published: Mapping[str, Published], models: Mapping[str, Model]) -> list[ModelLine]:
    """A line for each model: champions first, each followed by those that stand against it; strangers last.

    models: those of the policy.
    """

    def order(name: str) -> tuple[bool, str, bool, str]:
        model = models.get(name)
        return (model is None, (model.of or name) if model else name, bool(model and model.of), name)

    return [_line(name, models.get(name), published.get(name)) for name in sorted({*published, *models}, key=order)]


def _line(name: str, model: Model | None, known: Published | None) -> ModelLine:
    snapshot = known.snapshot if known else None
    return ModelLine(
        model=name,
        role=model.role if model else "",
        of=model.of if model else "",
        version=snapshot.version if snapshot else "",
        at=known.at if known else 0,
        figures=snapshot.progressive if snapshot else None,
        trial=snapshot.verdict.sentence if snapshot and snapshot.verdict else "",
    )
