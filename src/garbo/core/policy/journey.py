"""The journey's map, as journey.yaml describes it: kinds of touchpoint, stages, moves between stages."""

from collections.abc import Mapping

from msgspec import Struct


class TouchpointKind(Struct, frozen=True):
    """A kind of touchpoint. interest: how much one of them adds to the interest in the theme it is about; 0: nothing.

    direction: "inbound", the customer does it, or "outbound", another system of ours contacts the customer.
    asks: somebody (a clerk, a page, an app screen) asks what to say or show now. tone: "negative" | "complaint" |
    "praise" | "". public: it is said where all can read it. behaviour: it shows what the person does; an explicit
    request does not. objects: with it the customer objects to direct marketing. corrects: with it staff says how a text
    is to be read; the customer did nothing.
    """

    name: str
    meaning: str = ""
    channels: tuple[str, ...] = ()
    direction: str = "inbound"
    interest: float = 0.0
    asks: bool = False
    tone: str = ""
    public: bool = False
    behaviour: bool = True
    objects: bool = False
    corrects: bool = False


class StageDefinition(Struct, frozen=True):
    """A stage of the journey. label: by language. patience: how long one may hear nothing in it (ms); 0: no limit."""

    name: str
    label: Mapping[str, str] = {}
    patience: int = 0


class StageRule(Struct, frozen=True):
    """From `origin` ("*": any stage, "": before the first) to `target` when `trigger` happens.

    trigger: a kind of touchpoint or a status of outcome. theme: only about this theme; "": about any.
    """

    origin: str
    trigger: str
    target: str
    theme: str = ""
