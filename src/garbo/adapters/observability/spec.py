"""What is declared of a metric."""

from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]


class Spec(NamedTuple):
    """One metric.

    name: as Prometheus shows it. help: what one unit of it is. watch: the alert rules that use it, or what an operator
    looks at. bounds: a histogram's buckets, in the metric's unit.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    watch: str
    bounds: tuple[float, ...] = ()
