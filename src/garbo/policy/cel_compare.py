"""Comparisons in expressions: which kinds go together, and which comparisons never hold."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.cel_numbers import NUMBERS, SAID, Known, must, said
from garbo.policy.cel_parser import Call, Items, Literal, MistakeError, Node, Operation, Place
from garbo.policy.cel_words import BOOL, LOOKUPS
from garbo.policy.schema.units import is_date

Words: TypeAlias = Mapping[str, frozenset[str]]
"""The closed sets of texts, as in `cel_words.Scope`."""

_ORDERED: Final = (*NUMBERS, "string", "date", "instant", "duration")


def among(node: Operation, one: Known, many: Known, words: Words, *, inside: bool) -> Known:
    """The type of `one in many`. inside: of a comprehension. Raises `MistakeError`."""
    part, over = node.operands
    if many.kind == "map":
        must(part, one, "string")
    elif many.kind == "list":
        if inside and not isinstance(over, Items):
            raise MistakeError("a list inside a comprehension: write the elements out", over.place)
        kinds = {one.kind, many.type.of or one.kind}
        if len(kinds) > 1 and not kinds <= set(NUMBERS) and kinds != {"date", "string"}:
            message = f"{said(one.type)} is never in this list: each of its elements is {SAID[many.type.of]}"
            raise MistakeError(message, node.place)
        for item in over.items if isinstance(over, Items) else ():
            _spelled(one, item, words)
        _spelled(many, part, words)
    elif many.kind == "string":
        raise MistakeError('write job.contains("a") for a part of a text', node.place)
    else:
        raise MistakeError(f"in needs a list or a map, not {said(many.type)}", over.place)
    return Known(BOOL)


def compared(node: Operation, left: Known, right: Known, words: Words) -> Known:
    """The type of a comparison. Raises `MistakeError` if it cannot be made, or never holds."""
    first, second = node.operands
    equal = node.sign in ("==", "!=")
    kinds = {left.kind, right.kind}
    if len(kinds) > 1 and not kinds <= set(NUMBERS):
        dated = kinds == {"date", "string"} and (isinstance(first, Literal) or isinstance(second, Literal))
        if not dated:
            message = f"this compares {said(left.type)} with {said(right.type)}"
            raise MistakeError(message, node.place)
    if not equal and left.kind not in _ORDERED:
        raise MistakeError(f"{node.sign} does not order {said(left.type)}: use == or !=", node.place)
    if left.kind == "map" or (left.kind == "list" and {left.type.of, right.type.of} - {""} == {"float"}):
        raise MistakeError("compare its entries, not the whole", node.place)
    if left.kind == "list" and len({left.type.of, right.type.of} - {""}) > 1:
        raise MistakeError("this compares lists of different kinds", node.place)
    for known, other in ((left, second), (right, first)):
        if equal or known.kind == "date":
            _spelled(known, other, words)
    _reachable(node.sign, first, second, node.place)
    return Known(BOOL)


def _spelled(known: Known, other: Node, words: Words) -> None:
    """Can what is known ever be this text? `other` is the part beside it."""
    if not isinstance(other, Literal) or not isinstance(other.value, str):
        return
    if known.kind == "date" and other.value and not is_date(other.value):
        raise MistakeError('a date is written "2027-03-31"; "" is one that is not known', other.place)
    domain = known.type.words
    if domain and known.kind in ("string", "list") and other.value not in words[domain]:
        hint = did_you_mean(other.value, words[domain] - {""})
        what = "consent" if known.kind == "list" else domain
        raise MistakeError(f"{what} is never '{other.value}'{hint}", other.place)


def _reachable(sign: str, first: Node, second: Node, place: Place) -> None:
    """Raises `MistakeError` if a count is compared with more than it can be."""
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
    for part, says, number in ((first, sign, second), (second, turned, first)):
        if not isinstance(part, Call) or not isinstance(number, Literal) or isinstance(number.value, str):
            continue
        most = LOOKUPS[part.function].at_most if part.function in LOOKUPS else 0
        if most and (number.value > most or (number.value == most and says == ">")):
            raise MistakeError(f"{part.function} counts to {most} at most: compare it with less", place)
