"""Every name a policy declares or the code fixes, and the words for a name that is neither."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from garbo.core.party.consent import CONSENTS, PURPOSES
from garbo.core.party.lifecycle import STATES
from garbo.core.vocabulary.events import Channel, OutcomeStatus
from garbo.policy.build import Files
from garbo.policy.problems import Finding, Findings, Path, did_you_mean

POLICY, JOURNEY, TOPICS, NEEDS = "policy.yaml", "journey.yaml", "themes.yaml", "needs.yaml"
ATTRIBUTES, CONSENTS_FILE, MODELS = "attributes.yaml", "consents.yaml", "models.yaml"
ACTIONS, CONTACT = "actions.yaml", "contact_policy.yaml"

# What a contact may be for when it sells or asks something of the customer's attention. The rest are services.
PROMOTIONS = frozenset(purpose for purpose, consents in PURPOSES.items() if consents)


@dataclass(frozen=True, slots=True)
class Known:
    """Names by what they name."""

    actions: frozenset[str]
    channels: frozenset[str]
    consents: frozenset[str]
    families: frozenset[str]
    happenings: frozenset[str]  # kinds of touchpoint and statuses of outcome
    kinds: frozenset[str]
    languages: tuple[str, ...]
    needs: frozenset[str]
    purposes: frozenset[str]
    stages: frozenset[str]
    states: frozenset[str]
    statuses: frozenset[str]
    themes: frozenset[str]


def known(files: Files) -> Known:
    kinds = frozenset(files.journey.touchpoints)
    statuses = frozenset(s.value for s in OutcomeStatus)
    return Known(
        actions=frozenset(files.actions.actions),
        channels=frozenset(c.value for c in Channel),
        consents=frozenset(CONSENTS),
        families=frozenset(files.models.models),
        happenings=kinds | statuses,
        kinds=kinds,
        languages=tuple(files.policy.languages),
        needs=frozenset(files.needs.needs),
        purposes=frozenset(PURPOSES),
        stages=frozenset(files.journey.stages),
        states=frozenset(STATES),
        statuses=statuses,
        themes=frozenset(files.themes.themes),
    )


def unknown(file: str, path: Path, what: str, name: str, names: Collection[str]) -> Findings:
    """An error when `name` is not among `names`."""
    if name not in names:
        yield Finding(file, path, f"unknown {what} '{name}'{did_you_mean(name, names)}")


def unknowns(file: str, path: Path, what: str, given: Iterable[str], names: Collection[str]) -> Findings:
    """The same for every name of a list or every key of a mapping."""
    for at, name in enumerate(given):
        place: str | int = name if isinstance(given, dict) else at
        yield from unknown(file, (*path, place), what, name, names)


def texts(file: str, path: Path, given: dict[str, str], languages: tuple[str, ...]) -> Findings:
    """A text must exist in every language of the policy."""
    for language in languages:
        if language not in given:
            yield Finding(file, path, f"{path[-1]}: no text in '{language}'")
    yield from unknowns(file, path, "language", given, languages)
