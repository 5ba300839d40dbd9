"""Staff corrects how a text was read: what is learnt from it.

Rules
 1. A correction is a touchpoint of a kind that the policy declares as `corrects`. It carries the text, and what is
    right in its attributes (a theme in its own field as well): a name of the policy, or `NOTHING`. What it does not
    name was not looked at.
 2. It says nothing about the customer: no interest, no need, no contact, no attribute, no move of the journey.
 3. Nothing is learnt without `profiling` and `personal_data` of the party whose text it is.
 4. An example holds hashed n-grams, never the text.
"""

from garbo.core.party.consent import profiled
from garbo.core.party.state import Party
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import CORRECTIONS, NOTHING, THEME, model_of
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import PartyEvent, Touchpoint

CORRECTION = "correction"


def right(correction: Touchpoint) -> dict[str, str]:
    """What the correction says: part of a reading -> its name, "" for nothing."""
    found = {THEME: correction.theme} if correction.theme else {}
    for part, name in CORRECTIONS.items():
        said = correction.attributes.get(name)
        if said:
            found[part] = "" if said == NOTHING else str(said)
    return found


def learn(party: Party, event: PartyEvent, correction: Touchpoint, policy: Policy, at: int) -> list[Learn]:
    """The examples that a correction gives, one for each part that the policy lets learn. at: the party's time (ms)."""
    if not correction.text or not profiled(party):
        return []
    said = right(correction)
    found = policy.reader.examples(correction.text, policy.languages, said)
    return [
        Learn(
            model=model_of(part),
            example_id=f"{event.event_id}/{part}",
            party=party.id,
            at=at,
            action=said[part],
            features=features,
            label=1,
            probability=0.0,
            propensity=0.0,
            model_version="",
            kind=CORRECTION,
            channel=correction.channel,
        )
        for part, features in found.items()
    ]
