"""vocabulary.yaml -> the core's `Vocabulary`: the policy's words where it has some, else the default ones."""

from garbo.core.party.consent import PERSONAL_DATA
from garbo.core.policy.vocabulary import DEFAULT, ChannelWord, LifecycleState, Purpose, Vocabulary
from garbo.policy.schema.vocabulary import VocabularyFile


def vocabulary(part: VocabularyFile) -> Vocabulary:
    """The words of a policy; `DEFAULT` itself if it has none of its own."""
    if part == VocabularyFile():
        return DEFAULT
    channels = {name: ChannelWord(name, tuple(c.addresses), c.commands) for name, c in part.channels.items()}
    states = {name: LifecycleState(name, tuple(s.next), s.former) for name, s in part.lifecycle.items()}
    return Vocabulary(
        channels=channels or DEFAULT.channels,
        identifiers=dict(part.identifiers) or DEFAULT.identifiers,
        lifecycle=states or DEFAULT.lifecycle,
        statuses={**DEFAULT.statuses, **part.statuses},
        purposes={
            name: Purpose(name, tuple(dict.fromkeys((PERSONAL_DATA, *p.consents))), p.promotes)
            for name, p in part.purposes.items()
        },
    )
