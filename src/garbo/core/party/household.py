"""What the members of a household must know of each other: what each permits, and the contacts made with each.

A member's row lies on another log, so it takes a message between the two. Until it arrives a member permits nothing,
and contacts with a member are not counted: a cap on a household is exact about what this log has seen, and two members
whom two workers decide on in the same moment may both be contacted.
"""

from garbo.core.party import limits
from garbo.core.party.state import MEMBERS, Contact, Member, Party
from garbo.core.vocabulary.effects import Deliver, Notify
from garbo.core.vocabulary.events import MemberUpdate, PartyEvent
from garbo.core.vocabulary.ids import digest


def joined(party: Party, member: Member) -> None:
    """`member` belongs to the household; what is known of the member's consents stays."""
    held = next((m for m in party.members if m.party == member.party), None)
    if held is not None:
        member.consents = held.consents
    party.members = [m for m in party.members if m.party != member.party]
    party.members.append(member)
    party.members.sort(key=lambda m: m.party)
    del party.members[MEMBERS:]


def news(party: Party, body: MemberUpdate) -> None:
    """A member says what they permit, or that they were contacted. Nothing of a stranger is kept."""
    member = next((m for m in party.members if m.party == body.member), None)
    if member is None:
        return
    if body.contact_at:
        party.contacts.append(
            Contact(
                at=body.contact_at,
                channel=body.channel,
                action="",
                action_class=body.action_class,
                purpose=body.purpose,
                theme=body.theme,
                action_id="",
                group=body.group,
                member=body.member,
            )
        )
        limits.contacts(party)
    else:
        member.consents = sorted(body.consents)


def tell_consents(party: Party, to: list[str], event_id: str, at: int) -> list[Notify]:
    """Tell the members `to` what this party permits. event_id: of the event that is the reason."""
    given = tuple(sorted(name for name, held in party.consents.items() if held.granted))
    return [_notify(party, member, event_id, at, MemberUpdate(party.id, given)) for member in to]


def nothing_permitted(party: Party, event_id: str, at: int) -> list[Notify]:
    """Tell every member that this id permits nothing: its row moves to another id, which speaks for itself."""
    return [_notify(party, m.party, event_id, at, MemberUpdate(party.id)) for m in party.members]


def tell_contact(party: Party, made: Deliver, event_id: str) -> list[Notify]:
    """Tell every member of a contact that is made now."""
    body = MemberUpdate(
        member=party.id,
        contact_at=made.at,
        channel=made.channel,
        action_class=made.action_class,
        purpose=made.purpose,
        theme=made.theme,
        group=made.group,
    )
    return [_notify(party, m.party, event_id, made.at, body) for m in party.members]


def _notify(party: Party, to: str, event_id: str, at: int, body: MemberUpdate) -> Notify:
    kind = "contact" if body.contact_at else "consents"
    return Notify(PartyEvent("n-" + digest(party.id, to, event_id, kind), to, at, body))
