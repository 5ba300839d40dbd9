"""The names that a policy declares or the code fixes, and the checks for unknown names."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from garbo.core.party.consent import CONSENTS, PURPOSES, SERVICES
from garbo.core.policy.models import CHAMPION
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.core.policy.vocabulary import DISCOURAGING, Vocabulary
from garbo.core.vocabulary.nearest import did_you_mean, nearest
from garbo.policy.build.files import Files
from garbo.policy.build.models import families_of
from garbo.policy.build.vocabulary import vocabulary
from garbo.policy.problems import Finding, Findings, Path

POLICY, JOURNEY, THEMES, NEEDS = "policy.yaml", "journey.yaml", "themes.yaml", "needs.yaml"
ATTRIBUTES, CONSENTS_FILE, MODELS = "attributes.yaml", "consents.yaml", "models.yaml"
ACTIONS, CONTACT, VOCABULARY = "actions.yaml", "contact_policy.yaml", "vocabulary.yaml"
FEEDBACK = "feedback.yaml"

# The values of `kind` when a timer, not a touchpoint or an outcome, starts a decision: see core.party.state.Timer.
INTENTS = frozenset({"answer", "overdue", "report", "deliver", "follow_up", "promise", "profile"})


@dataclass(frozen=True, slots=True)
class Names:
    """The known names of each kind of thing."""

    actions: frozenset[str]
    causes: frozenset[str]  # of a proactive point
    channels: frozenset[str]
    consents: frozenset[str]
    families: frozenset[str]  # of actions, that a champion scores
    discouraging: frozenset[str]  # statuses that a suppression may count
    groups: frozenset[str]
    happenings: frozenset[str]  # kinds of touchpoint and statuses of outcome
    intents: frozenset[str]
    kinds: frozenset[str]
    languages: tuple[str, ...]
    needs: frozenset[str]
    promotions: frozenset[str]  # the purposes that sell, or ask for the customer's attention
    purposes: frozenset[str]
    stages: frozenset[str]
    states: frozenset[str]
    statuses: frozenset[str]
    themes: frozenset[str]
    vocabulary: Vocabulary


def declared_names(files: Files) -> Names:
    """The names that `files` declare, and those that the code fixes."""
    kinds = frozenset(files.journey.touchpoints)
    words = vocabulary(files.vocabulary)
    statuses = frozenset(words.statuses)
    models = files.models.models
    return Names(
        actions=frozenset(files.actions.actions),
        causes=frozenset({STAGE, PATIENCE, SILENCE, *(DATE + name for name in _dates(files))}),
        channels=frozenset(words.channels),
        consents=frozenset(CONSENTS),
        families=frozenset(f for name, m in models.items() if m.role == CHAMPION for f in families_of(name, models)),
        discouraging=frozenset(s for s, meaning in words.statuses.items() if meaning in DISCOURAGING),
        groups=frozenset(files.actions.groups),
        happenings=kinds | statuses,
        intents=frozenset(files.themes.intents),
        kinds=kinds,
        languages=tuple(files.policy.languages),
        needs=frozenset(files.needs.needs),
        promotions=(frozenset(PURPOSES) - SERVICES) | {p.name for p in words.purposes.values() if p.promotes},
        purposes=frozenset(PURPOSES) | frozenset(words.purposes),
        stages=frozenset(stage for part in files.journey.journeys.values() for stage in part.stages),
        states=frozenset(words.lifecycle),
        statuses=statuses,
        themes=frozenset(files.themes.themes),
        vocabulary=words,
    )


def _dates(files: Files) -> list[str]:
    """The attributes whose dates are causes; an unknown one stands for the attribute that it is near."""
    known = files.attributes.attributes
    given = [d.attribute for d in files.policy.proactive.dates]
    return [*given, *(nearest(name, known) for name in given if name not in known)]


def check_name(file: str, path: Path, what: str, name: str, names: Collection[str]) -> Findings:
    """An error if `name` is not among `names`. what: the kind of name, for the message."""
    if name not in names:
        hint = did_you_mean(name, names) or f": declare it, or use one of the {len(names)} known ones"
        yield Finding(file, path, f"unknown {what} '{name}'{hint}", unknown=name, meant=nearest(name, names))


def check_names(file: str, path: Path, what: str, given: Iterable[str], names: Collection[str]) -> Findings:
    """`check_name` for every name of a list or every key of a mapping."""
    for index, name in enumerate(given):
        place: str | int = name if isinstance(given, dict) else index
        yield from check_name(file, (*path, place), what, name, names)


def texts(file: str, path: Path, given: dict[str, str], languages: tuple[str, ...]) -> Findings:
    """An error for each language of the policy without a text, and for each text in another language."""
    misspelt = {nearest(language, languages) for language in given if language not in languages}
    for language in languages:
        if language not in given and language not in misspelt:
            yield Finding(file, path, f"{'.'.join(map(str, path))}: no text in '{language}': add it")
    yield from check_names(file, path, "language", given, languages)
