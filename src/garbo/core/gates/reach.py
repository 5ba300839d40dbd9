"""Which address of the row a channel uses."""

from garbo.core.party.state import Party
from garbo.core.policy.vocabulary import ChannelWord


def address(party: Party, channel: ChannelWord | None) -> str:
    """The latest address of the best kind; empty when the party has none, or the channel needs none."""
    for kind in channel.addresses if channel is not None else ():
        for held, value in reversed(party.identifiers):
            if held == kind:
                return value
    return ""
