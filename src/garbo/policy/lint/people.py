"""policy, themes, needs, attributes, consents, models: what the bank knows of people and promises them."""

from zoneinfo import available_timezones

import holidays

from garbo.policy.build import Files, holidays_of
from garbo.policy.cel import BUILTINS
from garbo.policy.known import ATTRIBUTES, CONSENTS_FILE, MODELS, NEEDS, POLICY, TOPICS, Known, texts, unknown, unknowns
from garbo.policy.problems import Finding, Findings

# Shorter words hide inside others ("ira" in "girare").
SHORTEST_WORD = 3


def lint(files: Files, names: Known) -> Findings:
    yield from _settings(files)
    yield from _themes(files, names)
    yield from _needs(files, names)
    yield from _attributes(files)
    yield from _consents(files, names)
    yield from _models(files)


def _settings(files: Files) -> Findings:
    settings = files.policy
    yield from unknown(POLICY, ("zone",), "time zone", settings.zone, available_timezones())
    try:
        holidays_of(settings.country)
    except NotImplementedError:
        yield from unknown(POLICY, ("country",), "country", settings.country, holidays.list_supported_countries())


def _themes(files: Files, names: Known) -> Findings:
    owner: dict[str, str] = {}
    for name, theme in files.themes.themes.items():
        yield from texts(TOPICS, ("themes", name, "label"), theme.label, names.languages)
        for at, word in enumerate(w.lower() for w in theme.words):
            path = ("themes", name, "words", at)
            if word in owner:
                yield Finding(TOPICS, path, f"'{word}' is a word of '{owner[word]}' already", fatal=False)
            if len(word) < SHORTEST_WORD:
                yield Finding(TOPICS, path, f"'{word}' is so short that it hides in other words", fatal=False)
            owner.setdefault(word, name)


def _needs(files: Files, names: Known) -> Findings:
    opened: dict[str, str] = {}
    called_back = {
        need for a in files.actions.actions.values() for t in a.triggers if t.on == "overdue" for need in t.name
    }
    for name, need in files.needs.needs.items():
        path = ("needs", name)
        yield from texts(NEEDS, (*path, "label"), need.label, names.languages)
        yield from unknowns(NEEDS, (*path, "opened_by"), "touchpoint", need.opened_by, names.kinds)
        yield from unknowns(NEEDS, (*path, "resolved_by"), "touchpoint or status", need.resolved_by, names.happenings)
        for at, kind in enumerate(need.opened_by):
            if kind in opened:
                message = f"'{kind}' opens the need '{opened[kind]}' already; one touchpoint opens one need"
                yield Finding(NEEDS, (*path, "opened_by", at), message)
            opened.setdefault(kind, name)
            touchpoint = files.journey.touchpoints.get(kind)
            if touchpoint is not None and touchpoint.direction == "outbound":
                yield Finding(NEEDS, (*path, "opened_by", at), f"'{kind}' is our own contact; it opens no need")
        if need.gather >= need.answer_within:
            yield Finding(NEEDS, (*path, "gather"), f"{name}: gathers signals past the deadline of its answer")
        if name not in called_back:
            message = f"{name}: no action has the trigger overdue for it; a customer could be left without an answer"
            yield Finding(NEEDS, path, message, absence=True)


def _attributes(files: Files) -> Findings:
    types = {"int": int, "float": (int, float), "string": str, "bool": bool}
    for name, attribute in files.attributes.attributes.items():
        if name in BUILTINS:
            yield Finding(ATTRIBUTES, ("attributes", name), f"'{name}' is a variable of rules already")
        fits = isinstance(attribute.default, types[attribute.kind])  # type: ignore[arg-type]
        if not fits or (isinstance(attribute.default, bool) and attribute.kind != "bool"):
            message = f"{name}: the default {attribute.default!r} is not of kind {attribute.kind}"
            yield Finding(ATTRIBUTES, ("attributes", name, "default"), message)


def _consents(files: Files, names: Known) -> Findings:
    given = files.consents.consents
    yield from unknowns(CONSENTS_FILE, ("consents",), "consent", given, names.consents)
    for missing in sorted(names.consents - set(given)):
        yield Finding(CONSENTS_FILE, ("consents",), f"the consent '{missing}' is not described")
    for name, consent in given.items():
        yield from texts(CONSENTS_FILE, ("consents", name, "label"), consent.label, names.languages)
        if consent.mandatory != (name == "personal_data"):
            message = f"{name}: only personal_data is mandatory, and it always is"
            yield Finding(CONSENTS_FILE, ("consents", name, "mandatory"), message)
    yield from unknowns(CONSENTS_FILE, ("extra",), "purpose", files.consents.extra, names.purposes)
    for purpose, asked in files.consents.extra.items():
        yield from unknowns(CONSENTS_FILE, ("extra", purpose), "consent", asked, names.consents)


def _models(files: Files) -> Findings:
    attributes = files.attributes.attributes
    families = {a.family for a in files.actions.actions.values()}
    for name, model in files.models.models.items():
        path = ("models", name, "features")
        seen: set[str] = set()
        for kind, given in (("numbers", model.features.numbers), ("categories", model.features.categories)):
            yield from unknowns(MODELS, (*path, kind), "attribute", given, attributes)
            for at, feature in enumerate(given):
                if feature in seen:
                    yield Finding(MODELS, (*path, kind, at), f"the feature '{feature}' is here twice")
                seen.add(feature)
                if kind == "numbers" and feature in attributes and attributes[feature].kind == "string":
                    yield Finding(MODELS, (*path, kind, at), f"'{feature}' is text: list it under categories")
        if name not in families:
            yield Finding(MODELS, ("models", name), f"no action is of the family '{name}'", fatal=False, absence=True)
