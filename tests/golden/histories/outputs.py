"""python -m tests.golden.histories.outputs: a digest of every topic after all histories; one process, one hash seed."""

from hashlib import blake2b

from tests.golden.histories.history import names, replayed


def digests() -> list[str]:
    """A line for each topic of each history: how many messages, and a digest over every key and byte of them."""
    found = []
    for name in names():
        for topic, records in sorted(replayed(name).log.items()):
            digest = blake2b(digest_size=16)
            for record in records:
                digest.update(f"{record.partition} {len(record.key or b'')} {len(record.value or b'')} ".encode())
                digest.update((record.key or b"") + (record.value or b""))
            found.append(f"{name} {topic} {len(records)} {digest.hexdigest()}")
    return found


if __name__ == "__main__":
    print("\n".join(digests()))
