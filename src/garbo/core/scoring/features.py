"""The feature vector of one action family, from what is known about a party and the event.

Rules
 1. Features are individual behaviour and profile: they may be built only with the `profiling` consent. The callers
    check it; without it there is no vector at all and the starting propensity decides.
 2. A category is an indicator, "name=value": 1.0. A number is "name": value, unscaled; the learner scales. A "=" in the
    key therefore means a category, and an attribute's name may not contain one.
 3. A value that is missing, not finite or absurd is left out, never set to zero: a zero would be a claim.
"""

from collections.abc import Mapping

from garbo.core.policy.models import Model
from garbo.core.vocabulary.events import Value

# A number at or beyond this is a producer's mistake. Below it, a learner's running variance stays a finite float.
BOUND = 1e15
# Characters of a category: enough for the longest ISO or NACE title, too few for a free text.
CATEGORY_LENGTH = 64


def vector(model: Model, values: Mapping[str, Value]) -> dict[str, float]:
    """`values` as `model` reads them; the bias is the model's own. A text in place of a number is left out."""
    features: dict[str, float] = {}
    get = values.get
    for feature in model.features:
        name = feature.name
        value = get(name)
        if value is None or isinstance(value, list | dict):  # `garbo check` refuses these as features
            continue
        if feature.kind == "number":
            if not isinstance(value, str) and -BOUND < value < BOUND:  # false for NaN too
                features[name] = float(value)
        elif isinstance(value, str) and len(value) > CATEGORY_LENGTH:
            features[f"{name}={value[:CATEGORY_LENGTH]}"] = 1.0
        else:
            features[f"{name}={value}"] = 1.0
    return features


def is_category(key: str) -> bool:
    """Is `key` of a vector that of a category? Otherwise it is that of a number."""
    return "=" in key
