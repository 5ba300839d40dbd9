"""The schema of `arbitration.exploration` in policy.yaml: a number, or a strategy with its parameters."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from garbo.policy.schema.units import Part

MOST: Final = 0.5  # of all choices, by epsilon
# Strategy -> its parameters: the first is needed, the others have defaults.
PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "epsilon_greedy": ("epsilon",),
    "softmax": ("temperature",),
    "squarecb": ("gamma",),
    "thompson": ("floor", "samples"),
}


def _or_number(schema: dict[str, Any]) -> None:
    """In the JSON Schema, a number stands for epsilon-greedy."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "number", "minimum": 0, "maximum": MOST}, whole]


class ExplorationPart(Part):
    model_config = ConfigDict(json_schema_extra=_or_number)

    strategy: Literal["epsilon_greedy", "softmax", "squarecb", "thompson"] = "epsilon_greedy"
    epsilon: float = Field(
        default=0.0, ge=0, le=MOST, description="the probability of a random choice among what scores above silence"
    )
    temperature: float = Field(default=0.0, gt=0, le=1000, description="of softmax, euro: a larger one explores more")
    gamma: float = Field(
        default=0.0, gt=0, le=1_000_000, description="of squarecb, per euro: a larger one explores less"
    )
    floor: float = Field(default=0.0, gt=0, le=0.1, description="of thompson: no option has a smaller probability")
    samples: int = Field(default=100, ge=10, le=1000, description="of thompson: draws behind the probabilities")

    @model_validator(mode="before")
    @classmethod
    def _long(cls, given: Any) -> Any:
        return {"epsilon": given} if not isinstance(given, Mapping | ExplorationPart) else given

    @model_validator(mode="after")
    def _own(self) -> Self:
        """Its own parameters, and those alone."""
        own, given = PARAMETERS[self.strategy], self.model_fields_set - {"strategy"}
        foreign = ", ".join(sorted(given - set(own)))
        if foreign:
            message = f"{foreign} is not a parameter of {self.strategy}: use {', '.join(own)}"
            raise PydanticCustomError("strategy", "{message}", {"message": message})
        if (given or self.strategy != "epsilon_greedy") and own[0] not in given:
            raise PydanticCustomError("strategy", "{message}", {"message": f"{self.strategy} needs {own[0]}"})
        return self
