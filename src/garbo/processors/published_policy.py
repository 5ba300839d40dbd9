"""A policy of policy-versions, taken by the same rule in every processor: what cannot be used is refused, and said."""

import logging
from collections.abc import Callable
from typing import TypeVar

from garbo.errors import GarboError
from garbo.processors.meters import Meter

log = logging.getLogger(__name__)

_Loaded = TypeVar("_Loaded")


def take(processor: str, load: Callable[[bytes], _Loaded], value: bytes | None, meter: Meter) -> _Loaded | None:
    """The policy of a message; None: it is none, and the processor keeps the last good one.

    load: raises `GarboError`. value: None is a tombstone, which names no policy.
    """
    if value is None:
        return None
    try:
        return load(value)
    except GarboError as problem:
        log.error("%s refuses a policy and keeps the one it has: %s", processor, problem)
        meter.refused(processor, "policy")
        return None
