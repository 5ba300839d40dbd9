"""Checks of models.yaml: roles, targets, features and their crosses, estimators."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from garbo.core.policy.models import ACTION, CHALLENGER, CHAMPION, STATE, Model
from garbo.core.scoring import catalogue
from garbo.core.vocabulary.nearest import did_you_mean, nearest
from garbo.errors import PolicyError
from garbo.policy.build.files import Files
from garbo.policy.build.models import core_model, families_of
from garbo.policy.names import MODELS, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.models import ModelPart

CheckModel: TypeAlias = Callable[[Model], None]
"""Raises `PolicyError` for a model whose estimator, or a parameter of it, does not exist."""


def lint(files: Files, names: Names, check_model: CheckModel | None) -> Findings:
    models = files.models.models
    champion: dict[str, str] = {}
    for name, model in models.items():
        path = ("models", name)
        if check_model is not None:
            try:
                check_model(core_model(name, models))
            except PolicyError as error:
                yield Finding(MODELS, (*path, "estimator"), f"{name}: {error}")
        yield from _role(path, name, model, models)
        yield from _target(path, model, names)
        yield from _attributes(path, model, files)
        yield from _engine(path, model, names)
        yield from _twice_or_crossed(path, name, model)
        if model.role == CHAMPION:
            for family in families_of(name, models):
                known = champion.setdefault(family, name)
                if known != name:
                    message = f"{name}: the family '{family}' has the champion '{known}' already: make one a challenger"
                    yield Finding(MODELS, (*path, "families") if model.families else path, message)
            yield from _unused(path, name, model, files)


def _unused(path: Path, name: str, model: ModelPart, files: Files) -> Findings:
    named = {group.model for group in files.actions.groups.values()}
    for family in model.families or [name]:
        if family not in named:
            what = "the model" if family == name else "the family"
            message = f"no group has {what} '{family}': remove it, or name it in a group of actions.yaml"
            yield Finding(MODELS, path, message, fatal=False, absence=True)


def _role(path: Path, name: str, model: ModelPart, models: Mapping[str, ModelPart]) -> Findings:
    if model.role == CHAMPION:
        if model.of:
            message = f"{name}: a champion stands against no other model: remove 'of', or make it a challenger"
            yield Finding(MODELS, (*path, "of"), message)
        if model.share:
            message = f"{name}: a champion decides what no challenger does: remove 'share'"
            yield Finding(MODELS, (*path, "share"), message)
        return
    role = f"a {model.role}"
    champions = [other for other, part in models.items() if part.role == CHAMPION]
    if not model.of:
        yield Finding(MODELS, path, f"{name}: {role} stands against a champion: add of: {_one(champions)}")
    elif model.of not in champions:
        hint = did_you_mean(model.of, champions) or f": use one of {', '.join(champions)}"
        message = f"unknown champion '{model.of}'{hint}"
        meant = nearest(model.of, champions)
        yield Finding(MODELS, (*path, "of"), message, unknown=model.of, meant=meant)
    if model.role == CHALLENGER and not model.share:
        yield Finding(MODELS, path, f"{name}: a challenger makes a share of the decisions: add share: 0.1")
    if model.role != CHALLENGER and model.share:
        yield Finding(MODELS, (*path, "share"), f"{name}: {role} makes no decision: remove 'share'")
    lead = models.get(model.of)
    if lead is not None and model.target is not None and model.target != lead.target:
        message = f"{name}: {role} predicts what its champion '{model.of}' does: remove 'target'"
        yield Finding(MODELS, (*path, "target"), message)
    if lead is not None and model.families and model.families != list(families_of(model.of, models)):
        message = f"{name}: {role} scores the families of its champion '{model.of}': remove 'families'"
        yield Finding(MODELS, (*path, "families"), message)


def _one(champions: list[str]) -> str:
    return champions[0] if len(champions) == 1 else "the champion's name"


def _target(path: Path, model: ModelPart, names: Names) -> Findings:
    target = model.target
    if target is None:
        return
    path = (*path, "target")
    if target.touchpoint:
        yield from check_name(MODELS, (*path, "touchpoint"), "touchpoint", target.touchpoint, names.kinds)
    if target.theme:
        yield from check_name(MODELS, (*path, "theme"), "theme", target.theme, names.themes)
        if not target.touchpoint:
            message = "an outcome is about its own action: add a touchpoint to this theme, or remove the theme"
            yield Finding(MODELS, (*path, "theme"), message)
    yield from check_names(MODELS, (*path, "windows"), "channel", target.windows, names.channels)


def _attributes(path: Path, model: ModelPart, files: Files) -> Findings:
    attributes, party = files.attributes.attributes, model.features.party
    for kind, given in (("numbers", party.numbers), ("categories", party.categories)):
        place = (*path, "features", "party", kind)
        yield from check_names(MODELS, place, "attribute", given, attributes)
        for index, feature in enumerate(given):
            known = attributes.get(feature)
            if known is not None and known.kind in ("date", "list", "map"):
                message = f"'{feature}' is a {known.kind}, and a model takes numbers and words: remove it"
                yield Finding(MODELS, (*place, index), message)
            if known is not None and kind == "numbers" and known.kind == "string":
                yield Finding(MODELS, (*place, index), f"'{feature}' is text: list it under categories")


def _engine(path: Path, model: ModelPart, names: Names) -> Findings:
    for source, given in ((STATE, model.features.state), (ACTION, model.features.action)):
        known = catalogue.names(source, sorted(names.channels), sorted(names.themes))
        for index, feature in enumerate(given):
            if feature in known:
                continue
            meant = nearest(feature, known)
            hint = did_you_mean(feature, known) or f": use one of docs/features.md, such as {known[0]}"
            message = f"unknown feature '{feature}'{hint}"
            yield Finding(MODELS, (*path, "features", source, index), message, unknown=feature, meant=meant)


def _twice_or_crossed(path: Path, name: str, model: ModelPart) -> Findings:
    given = [feature for feature, _ in _places(model)]
    seen: set[str] = set()
    for feature, place in _places(model):
        if feature in seen:
            yield Finding(MODELS, (*path, "features", *place), f"the feature '{feature}' is here twice: remove one")
        seen.add(feature)
    pairs: set[frozenset[str]] = set()
    for index, pair in enumerate(model.crosses):
        for feature in pair:
            if feature not in given:
                hint = did_you_mean(feature, given) or ": add it to its features"
                message = f"{name}: a cross of '{feature}', which the model does not have{hint}"
                meant = nearest(feature, given)
                yield Finding(MODELS, (*path, "crosses", index), message, unknown=feature, meant=meant)
        if frozenset(pair) in pairs:
            message = f"{name}: {pair[0]} and {pair[1]} are crossed twice: remove one"
            yield Finding(MODELS, (*path, "crosses", index), message)
        pairs.add(frozenset(pair))


def _places(model: ModelPart) -> list[tuple[str, tuple[str | int, ...]]]:
    """Each feature of the model, with its place under `features`."""
    part = model.features
    given: tuple[tuple[tuple[str, ...], list[str]], ...] = (
        (("party", "numbers"), part.party.numbers), (("party", "categories"), part.party.categories),
        (("state",), part.state), (("action",), part.action),
    )  # fmt: skip
    return [(feature, (*place, index)) for place, listed in given for index, feature in enumerate(listed)]
