"""The schema of actions.yaml: groups, actions, their treatments, and what makes them candidates."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from garbo.policy.schema.units import (
    AmountText,
    ClassName,
    Duration,
    IsoDate,
    Name,
    OneOrMore,
    Part,
    Span,
    Texts,
    TimeOfDay,
)

# Short forms of an entry of `when`: a word instead of {on: word}.
SHORT = ("inbound", "proactive", "event")

# Keys of earlier versions and their successors.
RENAMED: Mapping[str, str] = {"triggers": "when", "family": "group", "value_bank": "value_company"}


class GroupPart(Part):
    label: Texts
    lever: float = Field(default=1.0, gt=0, le=10, description="multiplies the score of each action of the group")
    model: str = Field(default="", description="their acceptance model, of models.yaml")


def _or_short(schema: dict[str, Any]) -> None:
    """In the JSON Schema, an entry may be a word too."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string", "enum": list(SHORT)}, whole]


class WhenPart(Part):
    model_config = ConfigDict(json_schema_extra=_or_short)

    on: Literal[
        "touchpoint", "intent", "outcome", "profile", "consent", "event", "need", "overdue", "follow_up", "promise",
        "inbound", "proactive",
    ]  # fmt: skip
    name: OneOrMore = Field(
        default=[],
        description="kinds, intents, statuses, consents or needs; of inbound, channels; of proactive, stage, patience, "
        "silence or date_<attribute>",
    )
    theme: str = Field(default="", description='"": any theme, "=": the action\'s own, or a theme')
    after_action: str = Field(default="", description="only if this action was made and nobody has answered it")
    after_min: Duration = 0
    after_max: Duration = 0
    of_action: str = ""
    times: int = Field(default=0, ge=2, description="only if it happened so often within `within`, this time counted")
    within: Duration = 0

    @model_validator(mode="before")
    @classmethod
    def _long(cls, given: Any) -> Any:
        return {"on": given} if isinstance(given, str) else given


class PlacementPart(Part):
    delay: Duration = 0
    days: int = Field(default=0, ge=0, le=60)
    at: TimeOfDay = ""


class FollowUpPart(PlacementPart):
    action: str
    promise: bool = Field(default=False, description="the customer knows the time, so it is kept to the minute")


class _WayPart(Part):
    inbound: bool = Field(default=False, description="shown to who is asking on that channel: no contact is made")
    public: bool = Field(default=False, description="all can read it, so it answers only what was said in public")
    cost: float = Field(default=0.0, ge=0, le=1_000_000, description="to the company, in euros")
    weight: float | None = Field(
        default=None, ge=0, le=100, description="the pressure of one contact; left out: the channel's"
    )
    latency_budget: Span = 1000


class TreatmentPart(_WayPart):
    channel: str
    message: Texts


class ActionPart(_WayPart):
    action_class: ClassName = Field(alias="class")
    purpose: str
    group: str = Field(default="", description="of `groups`; required for marketing")
    theme: str = Field(default="", description='"" for a service action that serves any theme')
    lifecycle: list[str] = Field(default=[], description="only in these life-cycle states; left out: in any")
    stages: list[str] = Field(default=[], description="only in these stages; left out: in any")
    when: list[WhenPart] = Field(
        default=[], min_length=1, description="what makes it a candidate; left out: inbound and proactive"
    )
    treatments: list[TreatmentPart] = Field(default=[], min_length=1, description="in order of preference")
    channel: str = Field(default="", description="of its only treatment")
    message: Texts = Field(default={}, description="of its only treatment")
    eligibility: str = Field(default="", description="CEL: may this person get the action now?")
    suitability: str = Field(default="", description="CEL: is the action good for this person?")
    title: Texts
    validity: Span = 86_400_000
    valid_from: IsoDate = ""
    valid_until: IsoDate = Field(default="", description="the last day, inclusive")
    stock: int = Field(default=0, ge=0, description="how often it may be made in all; 0: without limit")
    value_company: AmountText = Field(default=0.0, description="a number of euros, or CEL that gives one")
    value_customer: AmountText = Field(default=0.0, description="a number of euros, or CEL that gives one")
    lever: float = Field(default=1.0, gt=0, le=10)
    context: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default={}, description="life-cycle state or stage -> weight; 1 for the others"
    )
    perishable: bool = False
    answers: list[str] = Field(default=[])
    placement: PlacementPart = PlacementPart()
    follow_ups: list[FollowUpPart] = Field(default=[])
    rides_on: list[str] = Field(default=[])
    internal: bool = False
    sensitive: bool = False
    behavioural: bool = Field(
        default=False, description="it uses what a person does, so it needs `profiling`; what it reads is found anyway"
    )
    ignores_quiet_hours: bool = False
    cooldown: Duration = 0
    cancelled_by: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        alone = {"channel", "message", *_WayPart.model_fields} & self.model_fields_set
        if self.treatments and alone:
            raise PydanticCustomError(
                "treatments",
                "either treatments or {keys}, not both: write {keys} in a treatment, or remove treatments",
                {"keys": ", ".join(sorted(alone))},
            )
        if not self.treatments and not (self.channel and self.message):
            raise PydanticCustomError(
                "treatments", "the action has no treatment: add treatments, or a channel and a message"
            )
        return self

    @property
    def ways(self) -> list[TreatmentPart]:
        """Its treatments, also where it has written its only one in itself."""
        if self.treatments:
            return self.treatments
        return [TreatmentPart.model_construct(**{key: getattr(self, key) for key in TreatmentPart.model_fields})]


class ActionsFile(Part):
    """actions.yaml: groups of actions, and the actions."""

    groups: dict[Name, GroupPart] = Field(default={})
    actions: dict[Name, ActionPart] = Field(min_length=1)
