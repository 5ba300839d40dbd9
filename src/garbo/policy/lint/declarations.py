"""Checks of the files that declare names: needs, attributes, consents, models."""

from garbo.core.policy.reading import PRAISE
from garbo.policy.build.files import Files
from garbo.policy.cel_parser import RESERVED
from garbo.policy.cel_words import FUNCTIONS, VARIABLES
from garbo.policy.names import (
    ATTRIBUTES,
    CONSENTS_FILE,
    MODELS,
    NEEDS,
    Names,
    check_names,
    texts,
)
from garbo.policy.problems import Finding, Findings
from garbo.policy.schema.units import is_date


def lint(files: Files, names: Names) -> Findings:
    yield from _needs(files, names)
    yield from _attributes(files)
    yield from _consents(files, names)
    yield from _models(files)


def _needs(files: Files, names: Names) -> Findings:
    opened: dict[str, str] = {}
    meant: dict[str, str] = {}
    called_back = {need for a in files.actions.actions.values() for t in a.when if t.on == "overdue" for need in t.name}
    for name, need in files.needs.needs.items():
        path = ("needs", name)
        yield from texts(NEEDS, (*path, "label"), need.label, names.languages)
        yield from check_names(NEEDS, (*path, "opened_by"), "touchpoint", need.opened_by, names.kinds)
        yield from check_names(
            NEEDS, (*path, "resolved_by"), "touchpoint or status", need.resolved_by, names.happenings
        )
        yield from check_names(NEEDS, (*path, "intents"), "intent", need.intents, names.intents)
        for index, intent in enumerate(need.intents):
            if intent in meant:
                message = f"'{intent}' already opens the need '{meant[intent]}': remove it from one of the two needs"
                yield Finding(NEEDS, (*path, "intents", index), message)
            meant.setdefault(intent, name)
            if intent == PRAISE:
                message = "praise waits for no answer: remove it"
                yield Finding(NEEDS, (*path, "intents", index), message)
        if not need.opened_by and not need.intents:
            message = f"{name}: nothing opens it: add touchpoints to opened_by, or intents"
            yield Finding(NEEDS, path, message)
        for index, kind in enumerate(need.opened_by):
            if kind in opened:
                message = f"'{kind}' already opens the need '{opened[kind]}': remove it from one of the two needs"
                yield Finding(NEEDS, (*path, "opened_by", index), message)
            opened.setdefault(kind, name)
            touchpoint = files.journey.touchpoints.get(kind)
            if touchpoint is not None and touchpoint.direction == "outbound":
                message = f"'{kind}' is the bank's own contact, so it opens no need: remove it"
                yield Finding(NEEDS, (*path, "opened_by", index), message)
            if touchpoint is not None and touchpoint.asks:
                message = f"'{kind}' asks what to show, and is answered at once: it opens no need, remove it"
                yield Finding(NEEDS, (*path, "opened_by", index), message)
            if touchpoint is not None and touchpoint.tone == "praise":
                message = f"'{kind}' is praise, and waits for no answer: remove it, or its tone"
                yield Finding(NEEDS, (*path, "opened_by", index), message)
        if need.gather >= need.answer_within:
            message = f"{name}: gathers signals past the deadline of its answer: make gather shorter than answer_within"
            yield Finding(NEEDS, (*path, "gather"), message)
        if name not in called_back:
            message = f"{name}: no action has the entry overdue for it: add one, or a customer may get no answer"
            yield Finding(NEEDS, path, message, absence=True)


def _attributes(files: Files) -> Findings:
    types = {
        "int": int, "float": (int, float), "string": str, "bool": bool, "date": str, "list": list, "map": dict,
    }  # fmt: skip
    for name, attribute in files.attributes.attributes.items():
        if name in VARIABLES or name in FUNCTIONS or name in RESERVED:
            what = "variable" if name in VARIABLES else "function" if name in FUNCTIONS else "word"
            message = f"'{name}' is already a {what} of rules: give the attribute another name"
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
        yield Finding(CONSENTS_FILE, ("consents",), f"the consent '{missing}' is not described: add it")
    for name, consent in given.items():
        yield from texts(CONSENTS_FILE, ("consents", name, "label"), consent.label, names.languages)
        if consent.mandatory != (name == "personal_data"):
            message = f"{name}: only personal_data is mandatory, and it always is"
            yield Finding(CONSENTS_FILE, ("consents", name, "mandatory"), message)
    yield from check_names(CONSENTS_FILE, ("extra",), "purpose", files.consents.extra, names.purposes)
    for purpose, asked in files.consents.extra.items():
        yield from check_names(CONSENTS_FILE, ("extra", purpose), "consent", asked, names.consents)


def _models(files: Files) -> Findings:
    attributes = files.attributes.attributes
    named = {group.model for group in files.actions.groups.values()}
    for name, model in files.models.models.items():
        path = ("models", name, "features")
        seen: set[str] = set()
        for kind, given in (("numbers", model.features.numbers), ("categories", model.features.categories)):
            yield from check_names(MODELS, (*path, kind), "attribute", given, attributes)
            for index, feature in enumerate(given):
                if feature in seen:
                    yield Finding(MODELS, (*path, kind, index), f"the feature '{feature}' is here twice: remove one")
                seen.add(feature)
                if feature in attributes and attributes[feature].kind in ("date", "list", "map"):
                    kind_of = attributes[feature].kind
                    message = f"'{feature}' is a {kind_of}, and a model takes numbers and words: remove it"
                    yield Finding(MODELS, (*path, kind, index), message)
                if kind == "numbers" and feature in attributes and attributes[feature].kind == "string":
                    yield Finding(MODELS, (*path, kind, index), f"'{feature}' is text: list it under categories")
        if name not in named:
            message = f"no group has the model '{name}': remove the model, or name it in a group of actions.yaml"
            yield Finding(MODELS, ("models", name), message, fatal=False, absence=True)
