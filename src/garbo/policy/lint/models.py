"""Checks of models.yaml: roles, targets, estimators, features and crosses."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from garbo.core.policy.models import ACTION, CHALLENGER, CHAMPION, PRESETS, STATE, Model
from garbo.core.scoring import catalogue
from garbo.core.vocabulary.nearest import did_you_mean, nearest
from garbo.errors import PolicyError
from garbo.policy.build.files import Files
from garbo.policy.build.models import attributes_of, core_model, families_of, target_of
from garbo.policy.names import MODELS, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.models import ModelPart

CheckModel: TypeAlias = Callable[[Model], None]
"""Raises `PolicyError` for a model whose estimator, or a parameter of it, does not exist."""


def lint(files: Files, names: Names, check_model: CheckModel | None) -> Findings:
    models = files.models.models
    champion_of: dict[str, str] = {}
    named = {group.model for group in files.actions.groups.values()}
    for name, model in models.items():
        found = [
            *_role(name, model, models),
            *_trial(name, model, files),
            *_families(name, models, champion_of),
            *_target(name, model, models, names),
            *_estimator(name, model),
            *_features(name, model, files, names),
            *_crosses(name, model, files, names),
        ]
        yield from found
        if check_model is not None and not any(finding.fatal for finding in found):
            try:
                check_model(core_model(name, models))
            except PolicyError as error:
                yield Finding(MODELS, ("models", name, "estimator"), f"{name}: {error}")
        if model.role == CHAMPION and named.isdisjoint(families_of(name, models)):
            message = f"no group has the model '{name}': remove the model, or name it in a group of actions.yaml"
            yield Finding(MODELS, ("models", name), message, fatal=False, absence=True)


def _role(name: str, model: ModelPart, models: Mapping[str, ModelPart]) -> Findings:
    path: Path = ("models", name)
    if model.role == CHAMPION:
        for key in ("starting_propensity", "starting_evidence"):
            if getattr(model, key) is None:
                yield Finding(MODELS, path, f"{name}: the key '{key}' is missing: add it")
        if model.of:
            message = f"{name}: a champion stands against none: remove 'of', or write role: challenger"
            yield Finding(MODELS, (*path, "of"), message)
    elif not model.of:
        message = f"{name}: the {model.role} names no champion: add 'of' with the id of one"
        yield Finding(MODELS, (*path, "role"), message)
    elif model.of in models and models[model.of].role != CHAMPION:
        message = f"{name}: '{model.of}' is a {models[model.of].role}: name a champion"
        yield Finding(MODELS, (*path, "of"), message)
    else:
        yield from check_name(MODELS, (*path, "of"), "champion", model.of, _champions(models))
    if model.role == CHALLENGER and model.share is None:
        message = f"{name}: a challenger makes a share of the decisions: add one, such as share: 0.1"
        yield Finding(MODELS, (*path, "role"), message)
    for key in ("share", "promotion", "gate"):
        if model.role != CHALLENGER and getattr(model, key) is not None:
            message = f"{name}: only a challenger has a '{key}': remove it, or write role: challenger"
            yield Finding(MODELS, (*path, key), message)


def _trial(name: str, model: ModelPart, files: Files) -> Findings:
    """The gate bounds what a yes is worth before the first example; the value by a rule is not known by then."""
    if model.role != CHALLENGER or (model.gate is not None and model.gate.most_value):
        return
    families, groups = families_of(name, files.models.models), files.actions.groups
    offers = {
        offer: (action.value_company, action.value_customer)
        for offer, action in files.actions.actions.items()
        if action.group in groups and groups[action.group].model in families
    }
    if not any(isinstance(value, float | int) and value > 0 for values in offers.values() for value in values):
        ruled = [offer for offer, values in sorted(offers.items()) if any(isinstance(v, str) for v in values)]
        why = f"the value of {', '.join(ruled[:3])} is a rule" if ruled else "no offer of its families has a value"
        message = f"{name}: it has no trial and is never promoted, because {why}: add gate: {{most_value: EURO}}"
        yield Finding(MODELS, ("models", name), message, fatal=False)


def _champions(models: Mapping[str, ModelPart]) -> list[str]:
    return [name for name, model in models.items() if model.role == CHAMPION]


def _families(name: str, models: Mapping[str, ModelPart], champion_of: dict[str, str]) -> Findings:
    """champion_of: family -> the champion found so far; the model's are added to it."""
    model, path = models[name], ("models", name, "families")
    for index, family in enumerate(families_of(name, models)):
        if family in families_of(name, models)[:index]:
            yield Finding(MODELS, (*path, index), f"{name}: the family '{family}' is here twice: remove one")
        elif model.role == CHAMPION:
            other = champion_of.setdefault(family, name)
            if other != name:
                message = (
                    f"the family '{family}' has the champion {other} already: give one of the two another family, "
                    "or the role challenger or shadow"
                )
                yield Finding(MODELS, (*path, index), message)
        elif model.families and model.of in models:
            yield from check_name(
                MODELS, (*path, index), f"family of {model.of}", family, families_of(model.of, models)
            )


def _target(name: str, model: ModelPart, models: Mapping[str, ModelPart], names: Names) -> Findings:
    target, path = model.target, ("models", name, "target")
    if target is None:
        return
    if target.touchpoint:
        yield from check_name(MODELS, (*path, "touchpoint"), "touchpoint", target.touchpoint, names.kinds)
    if target.theme:
        yield from check_name(MODELS, (*path, "theme"), "theme", target.theme, names.themes)
        if not target.touchpoint:
            message = f"{name}: a theme is of a touchpoint: name the touchpoint, or remove the theme"
            yield Finding(MODELS, (*path, "theme"), message)
    yield from check_names(MODELS, (*path, "windows"), "channel", target.windows, names.channels)
    if target.learn == "early":
        spans: list[tuple[tuple[str, ...], int]] = [(("window",), target.window)]
        spans += [(("windows", channel), window) for channel, window in target.windows.items()]
        for place, window in spans:
            if not window:
                message = f"{name}: early with a window of 0 corrects nothing: write a longer one, or learn: close"
                yield Finding(MODELS, (*path, *place), message)
    champion = models.get(model.of) if model.role != CHAMPION else None
    if champion is not None and champion.role == CHAMPION and target_of(target) != target_of(champion.target):
        message = f"{name}: the target is not that of its champion {model.of}: remove it, and it has the champion's"
        yield Finding(MODELS, path, message)


def _estimator(name: str, model: ModelPart) -> Findings:
    if model.estimator is None:
        return
    for preset in _presets(model.estimator.plain()):
        if preset not in PRESETS:
            message = f"{name}: unknown preset '{preset}'{did_you_mean(preset, PRESETS)}"
            yield Finding(MODELS, ("models", name, "estimator"), message, unknown=preset)


def _presets(value: object) -> Iterator[str]:
    """The presets that an estimator names, also those inside it."""
    if isinstance(value, Mapping):
        if "preset" in value:
            yield str(value["preset"])
        for inner in value.values():
            yield from _presets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _presets(inner)


def _features(name: str, model: ModelPart, files: Files, names: Names) -> Findings:
    path, attributes = ("models", name, "features"), files.attributes.attributes
    seen: set[str] = set()
    party = model.features.party
    for kind, given in (("numbers", party.numbers), ("categories", party.categories)):
        yield from check_names(MODELS, (*path, "party", kind), "attribute", given, attributes)
        yield from _twice((*path, "party", kind), given, seen)
        for index, feature in enumerate(given):
            if feature in attributes and attributes[feature].kind in ("date", "list", "map"):
                kind_of = attributes[feature].kind
                message = f"'{feature}' is a {kind_of}, and a model takes numbers and words: remove it"
                yield Finding(MODELS, (*path, "party", kind, index), message)
            if kind == "numbers" and feature in attributes and attributes[feature].kind == "string":
                message = f"'{feature}' is text: list it under categories"
                yield Finding(MODELS, (*path, "party", kind, index), message)
    for source, listed in ((STATE, model.features.state), (ACTION, model.features.action)):
        known = catalogue.names(source, names.channels, names.themes)
        yield from check_names(MODELS, (*path, source), f"{source} feature", listed, known)
        yield from _twice((*path, source), listed, seen)


def _twice(path: Path, given: list[str], seen: set[str]) -> Findings:
    for index, feature in enumerate(given):
        if feature in seen:
            yield Finding(MODELS, (*path, index), f"the feature '{feature}' is here twice: remove one")
        seen.add(feature)


def _crosses(name: str, model: ModelPart, files: Files, names: Names) -> Findings:
    listed = (
        (attributes_of(model), files.attributes.attributes),
        (model.features.state, catalogue.names(STATE, names.channels, names.themes)),
        (model.features.action, catalogue.names(ACTION, names.channels, names.themes)),
    )
    # A misspelt feature is its own error, and stands here also for what it is near.
    own = [near for given, known in listed for f in given for near in {f, f if f in known else nearest(f, known)}]
    for index, pair in enumerate(model.crosses):
        path: Path = ("models", name, "crosses", index)
        missing = [feature for feature in pair if feature not in own]
        for feature in missing:
            hint = did_you_mean(feature, own) or ": add it to its features"
            message = f"{name}: a cross of '{feature}', which is no feature of the model{hint}"
            yield Finding(MODELS, path, message, unknown=feature)
        if not missing and (pair[0] == pair[1] or sorted(pair) in [sorted(p) for p in model.crosses[:index]]):
            message = f"{name}: a cross is of two different features, and is there once: remove it"
            yield Finding(MODELS, path, message)
