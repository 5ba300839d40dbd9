"""An attribute's value as a sentence names it, in the language of the person. English when the language is unknown."""

from collections.abc import Mapping
from datetime import date
from math import isfinite

from garbo.core.gates import calendar
from garbo.core.vocabulary.events import Value

DATE = "date"  # the kind of attribute whose text is an ISO date
NO_YES: Mapping[str, tuple[str, str]] = {"it": ("no", "sì"), "en": ("no", "yes")}
DECIMAL: Mapping[str, str] = {"it": ",", "en": "."}


def worded(value: Value, kind: str, language: str) -> str:
    """`value` of an attribute of `kind`: "31 marzo 2027", "1234,5", "sì"; "" for what cannot be said.

    A number has two decimals at most. A date that is not in the calendar and a number that is not finite are left out.
    """
    if isinstance(value, bool):
        return NO_YES.get(language, NO_YES["en"])[value]
    if isinstance(value, float):
        if not isfinite(value):
            return ""
        return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".").replace(".", DECIMAL.get(language, DECIMAL["en"]))
    if kind == DATE and isinstance(value, str):
        try:
            return calendar.date_text(date.fromisoformat(value), language)
        except ValueError:
            return ""
    return str(value)
