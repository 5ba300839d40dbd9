"""Which parts of an expression cannot be 0, by what the clauses beside them say.

CEL's `&&` is false when one side is, also if the other one is an error; `||` is true when one side is. So a division
needs no care where a clause beside it keeps its divisor from 0.
"""

from collections.abc import Collection
from typing import Final

from garbo.policy.cel_parser import Call, Field, Index, Items, Literal, Name, Node, Operation

_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED: Final = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def implied(node: Node, holds: bool) -> frozenset[str]:
    """The shapes of the parts that are not 0 if `node` is true (holds), or if it is false."""
    if not isinstance(node, Operation):
        return frozenset()
    if node.sign == "!":
        return implied(node.operands[0], not holds)
    if node.sign == ("&&" if holds else "||"):
        return frozenset().union(*(implied(part, holds) for part in node.operands))
    if node.sign not in _OPPOSITE:
        return frozenset()
    sign = node.sign if holds else _OPPOSITE[node.sign]
    first, second = node.operands
    found = set()
    for part, says, number in ((first, sign, second), (second, _TURNED[sign], first)):
        if isinstance(number, Literal) and isinstance(number.value, int | float) and _excludes_zero(says, number.value):
            found.add(shape(part))
    return frozenset(found)


def is_not_zero(node: Node, known: Collection[str]) -> bool:
    """Is the part a number other than 0, or one of the `known` shapes?"""
    if isinstance(node, Literal):
        return node.value != 0
    if shape(node) in known:
        return True
    return isinstance(node, Call) and node.function == "double" and is_not_zero(node.arguments[0], known)


def shape(node: Node) -> str:
    """The part as a text: two parts of one shape have the same value."""
    if isinstance(node, Literal):
        return repr(node.value)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Items):
        return f"[{' '.join(map(shape, node.items))}]"
    if isinstance(node, Index):
        return f"{shape(node.target)}[{shape(node.key)}]"
    if isinstance(node, Field):
        return f"{shape(node.target)}.{node.name}"
    if isinstance(node, Call):
        parts = node.arguments if node.target is None else (node.target, *node.arguments)
        return f"{node.function}({' '.join(map(shape, parts))})"
    return f"({node.sign} {' '.join(map(shape, node.operands))})"


def _excludes_zero(sign: str, number: float) -> bool:
    """Does `x sign number` say that x is not 0?"""
    return {
        "==": number != 0,
        "!=": number == 0,
        "<": number <= 0,
        "<=": number < 0,
        ">": number >= 0,
        ">=": number > 0,
    }[sign]
