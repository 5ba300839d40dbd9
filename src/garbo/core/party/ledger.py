"""The contact ledger: the contacts made and planned that some rule can still look at.

A contact stands in it at the time it happens, a planned one at the time it will happen. The bound of its length is in
`limits`.
"""

from garbo.core.party.state import Contact


def prune(contacts: list[Contact], at: int, memory: int) -> list[Contact]:
    """`contacts` without those made more than `memory` ms before `at`; planned ones stay. The same list if none goes.

    memory: `CompiledPolicy.memory`, the farthest any rule looks back.
    """
    horizon = at - memory
    for contact in contacts:
        if contact.at < horizon and not contact.planned:
            return [c for c in contacts if c.at >= horizon or c.planned]
    return contacts
