"""The schema of vocabulary.yaml: a policy's own words. What it leaves out is the default vocabulary."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from garbo.core.policy.vocabulary import Meaning
from garbo.policy.schema.units import Name, Part


def _meaning(value: object) -> Meaning:
    try:
        return Meaning(str(value))
    except ValueError:
        known = ", ".join(meaning.value for meaning in Meaning)
        raise PydanticCustomError("meaning", "what a status means is one of " + known) from None


MeaningText: TypeAlias = Annotated[
    Meaning, BeforeValidator(_meaning), WithJsonSchema({"enum": [meaning.value for meaning in Meaning]})
]


class ChannelWordPart(Part):
    addresses: list[str] = Field(
        default=[], description="kinds of identifier it can use, the better one first; left out: it needs no address"
    )
    commands: bool = Field(default=True, description="Garbo may send commands there; false: it only hears from it")


class StatePart(Part):
    next: list[str] = Field(default=[], description="the states that a person may enter from this one")
    former: bool = Field(default=False, description="the person has left")


class PurposePart(Part):
    consents: list[str] = Field(default=[], description="what it needs besides personal_data")
    promotes: bool = Field(default=True, description="it sells, or asks for the customer's attention")


class VocabularyFile(Part):
    """vocabulary.yaml: the policy's own words. A file that is left out, or a part of it, means the default words."""

    channels: dict[Name, ChannelWordPart] = Field(default={}, description="in place of the default channels")
    identifiers: dict[Name, Annotated[int, Field(ge=0, le=9)]] = Field(
        default={},
        description="in place of the default ones: kind -> strength; 0: a value names one person, 9: the weakest",
    )
    lifecycle: dict[Name, StatePart] = Field(
        default={}, description="in place of the default life cycle; the first state is where a person starts"
    )
    statuses: dict[Name, MeaningText] = Field(default={}, description="beside the default ones: status -> meaning")
    purposes: dict[Name, PurposePart] = Field(default={}, description="beside those of the law")
