"""Which address of the row a channel uses."""

from collections.abc import Mapping

from garbo.core.party.state import Party

# Kinds of identifier a channel can use, the better one first. A channel that is not here needs no address.
ADDRESS: Mapping[str, tuple[str, ...]] = {
    "email": ("verified_email", "email"),
    "sms": ("verified_phone", "phone"),
    "call_centre": ("verified_phone", "phone"),
    "social": ("social",),
    "app": ("device",),
    "push": ("device",),
    "web": ("cookie",),
    "ebanking": ("customer_id",),
}


def address(party: Party, channel: str) -> str:
    """The latest address of the best kind; empty when the party has none, or the channel needs none."""
    for kind in ADDRESS.get(channel, ()):
        for held, value in reversed(party.identifiers):
            if held == kind:
                return value
    return ""
