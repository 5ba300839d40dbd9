"""Checks of vocabulary.yaml: words that fit together, and into the rest of the policy."""

from garbo.core.party.consent import PURPOSES
from garbo.core.party.identity import HOUSEHOLD
from garbo.core.policy.vocabulary import DEFAULT
from garbo.policy.build.files import Files
from garbo.policy.names import ACTIONS, VOCABULARY, Names, check_names
from garbo.policy.problems import Finding, Findings

# Names that identifiers cannot have: a party's own id, and what joins persons.
RESERVED = ("party", HOUSEHOLD)


def lint(files: Files, names: Names) -> Findings:
    yield from _channels(files, names)
    yield from _identifiers(files)
    yield from _lifecycle(files, names)
    for status in files.vocabulary.statuses:
        if status in DEFAULT.statuses:
            message = f"'{status}' is a status of every policy: remove it, or give yours another name"
            yield Finding(VOCABULARY, ("statuses", status), message)
    for name, purpose in files.vocabulary.purposes.items():
        if name in PURPOSES:
            message = f"'{name}' is a purpose of the law: remove it; consents.yaml may ask for more under extra"
            yield Finding(VOCABULARY, ("purposes", name), message)
        path = ("purposes", name, "consents")
        yield from check_names(VOCABULARY, path, "consent", purpose.consents, names.consents)


def _channels(files: Files, names: Names) -> Findings:
    words = names.vocabulary
    for name, channel in files.vocabulary.channels.items():
        path = ("channels", name, "addresses")
        yield from check_names(VOCABULARY, path, "kind of identifier", channel.addresses, words.identifiers)
    if files.vocabulary.identifiers and not files.vocabulary.channels:
        for word in words.channels.values():
            if lost := sorted(set(word.addresses) - set(words.identifiers)):
                message = f"the channel '{word.name}' needs '{lost[0]}': add it, or say the channels here too"
                yield Finding(VOCABULARY, ("identifiers",), message)
    for action, part in files.actions.actions.items():
        for index, way in enumerate(part.ways):
            known = words.channels.get(way.channel)
            if known is not None and not known.commands:
                message = f"{action}: '{way.channel}' takes no commands: choose another, or say commands: true"
                place = ("actions", action, "treatments", index) if part.treatments else ("actions", action)
                yield Finding(ACTIONS, place, message)


def _identifiers(files: Files) -> Findings:
    given = files.vocabulary.identifiers
    for name in RESERVED:
        if name in given:
            message = f"'{name}' is Garbo's own: give the identifier another name"
            yield Finding(VOCABULARY, ("identifiers", name), message)


def _lifecycle(files: Files, names: Names) -> Findings:
    given = files.vocabulary.lifecycle
    if not given:
        return
    first = next(iter(given))
    for name, state in given.items():
        path = ("lifecycle", name, "next")
        yield from check_names(VOCABULARY, path, "life-cycle state", state.next, given)
        if name in state.next:
            yield Finding(VOCABULARY, path, f"'{name}' follows itself: remove it")
        if name != first and not any(name in s.next for s in given.values()):
            message = f"no state leads to '{name}': add it to the next of another state"
            yield Finding(VOCABULARY, ("lifecycle", name), message)
    if given[first].former:
        message = f"a person starts in '{first}', so nobody can have left by it: put another state first"
        yield Finding(VOCABULARY, ("lifecycle", first, "former"), message)
