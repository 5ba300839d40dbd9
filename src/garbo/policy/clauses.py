"""The clauses of a rule: what `&&` joins at the top, so that a record can name the one that was false."""

SHOWN = 100  # characters of a clause that a record keeps


def clauses_of(text: str, bare: str) -> tuple[str, ...]:
    """The parts of `text` between the `&&` outside all brackets; the whole text when it cannot be split.

    bare: the text with its strings blanked out, of the same length.
    """
    if "//" in bare:
        return (text.strip(),)  # a comment could hold anything
    depth, start, found = 0, 0, []
    for index, char in enumerate(bare):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth == 0:
            if char == "?" or bare.startswith("||", index):
                return (text.strip(),)  # both bind weaker than `&&`
            if bare.startswith("&&", index):
                found.append(text[start:index].strip())
                start = index + 2
    return (*found, text[start:].strip())


def shown(clause: str) -> str:
    """The clause as a record keeps it."""
    return clause if len(clause) <= SHOWN else clause[: SHOWN - 1] + "…"
