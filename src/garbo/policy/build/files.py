"""The files of a policy as the schemas validated them, and its compiled expressions."""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import holidays

from garbo.core.vocabulary.events import Value
from garbo.policy.cel import CompiledRule, CompiledValue
from garbo.policy.schema import documents as files
from garbo.policy.schema.actions import ActionsFile
from garbo.policy.schema.contact_policy import ContactFile
from garbo.policy.schema.feedback import FeedbackFile
from garbo.policy.schema.journey import JourneyFile
from garbo.policy.schema.models import ModelsFile
from garbo.policy.schema.vocabulary import VocabularyFile

# Replays use old data (the bank file starts in 2008) and plans reach a few years ahead; 36 years take 45 ms.
YEARS = range(2000, 2036)


class Files(NamedTuple):
    """The files, validated one by one; an optional one that was left out is empty."""

    policy: files.PolicyFile
    journey: JourneyFile
    themes: files.ThemesFile
    needs: files.NeedsFile
    attributes: files.AttributesFile
    consents: files.ConsentsFile
    models: ModelsFile
    actions: ActionsFile
    contact: ContactFile
    vocabulary: VocabularyFile
    feedback: FeedbackFile


Rules: TypeAlias = dict[tuple[str, str], CompiledRule | CompiledValue]
"""(action, "eligibility" | "suitability" | "value_company" | "value_customer") -> its compiled expression."""


@lru_cache(maxsize=8)
def holidays_of(country: str) -> frozenset[str]:
    """ISO dates of the country's public holidays. Raises NotImplementedError for an unknown country."""
    return frozenset(day.isoformat() for day in holidays.country_holidays(country, years=YEARS))


def typed(attribute: files.AttributePart) -> Value:
    """The default in the attribute's type: `default: 0` of a float is 0.0, as is each number of a map."""
    default = attribute.default
    if attribute.kind == "float" and not isinstance(default, list | dict):
        return float(default)
    return {key: float(number) for key, number in default.items()} if isinstance(default, dict) else default
