"""Checks of the files that declare names: attributes, consents."""

from garbo.core.party.consent import needs
from garbo.core.vocabulary.events import WIRE_NAMES
from garbo.policy.build.files import Files
from garbo.policy.cel_parser import RESERVED
from garbo.policy.cel_words import FUNCTIONS, VARIABLES
from garbo.policy.lint.messages import GIVEN
from garbo.policy.names import (
    ATTRIBUTES,
    CONSENTS_FILE,
    Names,
    check_names,
    texts,
)
from garbo.policy.problems import Finding, Findings
from garbo.policy.schema.units import is_date

# Placeholders of every policy, and the name under which the theme's travels in commands.
PLACEHOLDERS = GIVEN | {WIRE_NAMES["theme"]}


def lint(files: Files, names: Names) -> Findings:
    yield from _attributes(files)
    yield from _consents(files, names)


def _attributes(files: Files) -> Findings:
    types = {
        "int": int, "float": (int, float), "string": str, "bool": bool, "date": str, "list": list, "map": dict,
    }  # fmt: skip
    for name, attribute in files.attributes.attributes.items():
        if name in VARIABLES or name in FUNCTIONS or name in RESERVED:
            what = "variable" if name in VARIABLES else "function" if name in FUNCTIONS else "word"
            message = f"'{name}' is already a {what} of rules: give the attribute another name"
            yield Finding(ATTRIBUTES, ("attributes", name), message)
        elif name in PLACEHOLDERS:
            message = f"{{{name}}} already stands for something else in messages: give the attribute another name"
            yield Finding(ATTRIBUTES, ("attributes", name), message)
        fits = isinstance(attribute.default, types[attribute.kind])  # type: ignore[arg-type]
        if attribute.kind == "date" and isinstance(attribute.default, str):
            fits = not attribute.default or is_date(attribute.default)
        if not fits or (isinstance(attribute.default, bool) and attribute.kind != "bool"):
            message = f"{name}: the default {attribute.default!r} is not of kind {attribute.kind}: change one of them"
            yield Finding(ATTRIBUTES, ("attributes", name, "default"), message)


def _consents(files: Files, names: Names) -> Findings:
    given = files.consents.consents
    yield from check_names(CONSENTS_FILE, ("consents",), "consent", given, names.consents)
    for missing in sorted(names.consents - set(given)):
        message = f"the consent '{missing}' is not described: add it{_asking(missing, files, names)}"
        yield Finding(CONSENTS_FILE, ("consents",), message, absence=True)
    for name, consent in given.items():
        yield from texts(CONSENTS_FILE, ("consents", name, "label"), consent.label, names.languages)
        if consent.mandatory != (name == "personal_data"):
            message = f"{name}: only personal_data is mandatory, and it always is"
            yield Finding(CONSENTS_FILE, ("consents", name, "mandatory"), message)
    yield from check_names(CONSENTS_FILE, ("extra",), "purpose", files.consents.extra, names.purposes)
    for purpose, asked in files.consents.extra.items():
        yield from check_names(CONSENTS_FILE, ("extra", purpose), "consent", asked, names.consents)


def _asking(consent: str, files: Files, names: Names) -> str:
    """ " (the purposes a, b of your actions need it)", or nothing."""
    used = {action.purpose for action in files.actions.actions.values()}
    extra = files.consents.extra
    needing = sorted(p for p in used if consent in (*(needs(p, names.vocabulary.purposes) or ()), *extra.get(p, ())))
    return f" (purposes of your actions need it: {', '.join(needing)})" if needing else ""
