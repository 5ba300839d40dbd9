"""Ids are functions of inputs, never random: the same message gives the same id on every worker and in every replay.

BLAKE2b with a short digest: 80 bits fit in 20 characters, and a collision among 1e9 actions has probability 4e-7.
"""

from hashlib import blake2b


def digest(*parts: str) -> str:
    """20 hexadecimal characters from `parts`; the separator keeps ("ab", "c") and ("a", "bc") apart."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def fingerprint(text: str) -> int:
    """A 63-bit number for `text`. The ring of applied event ids keeps it instead of the id itself."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def row_digest(row: bytes | None) -> str:
    """16 hexadecimal characters for a party's row; empty for no row."""
    return "" if row is None else blake2b(row, digest_size=8).hexdigest()


def action_id(party: str, event_id: str, slot: int) -> str:
    """The action's id. It does not depend on which offer won, so a dispatcher that keeps the first copy is safe.

    slot: 0 for the chosen action, 1 and up for its follow-ups.
    """
    return "a-" + digest(party, event_id, str(slot))


def decision_id(party: str, event_id: str) -> str:
    """The id of the one decision on an event of a party's log."""
    return "d-" + digest(party, event_id)


def draw(seed: int) -> float:
    """A number in [0, 1) from a 63-bit seed."""
    return (seed % 2**53) / 2**53
