"""The type check of an expression: whatever passes does not fail for a person whose attributes have their types.

Rules
 1. CEL converts no numbers, so a whole number and a decimal one are compared, but not added. Texts that a variable can
    never hold, and dates that are none, are mistakes.
 2. A division needs a divisor that cannot be 0: a number, or a clause beside it that says so (`n > 0 && ... / n`).
 3. No result may be too large: `Known` carries the bounds. Attributes are taken as 0 or 1e-9 to 1e15 in size, whole
    ones as at most 1e9; beyond them an expression may fail, and then holds the action back (`rule_error`).
 4. The arguments of a look-up are written out, so each call becomes one name of the context (`core.policy.lookups`).
 5. CEL has no limit on cost. So there are few comprehensions, none inside another one (a list of n in a list of n
    costs n x n), each with a short condition, and no lists are joined: the dearest rule takes under 1 ms
    (`python -m benchmarks.rules`).
"""

from hashlib import blake2b
from typing import Final, NamedTuple

from garbo.core.policy.lookups import Lookup
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.cel_compare import among, compared
from garbo.policy.cel_guards import implied, is_not_zero
from garbo.policy.cel_numbers import (
    LARGEST,
    NUMBERS,
    SMALLEST,
    TINIEST,
    Known,
    bounded,
    converted,
    mixed,
    must,
    of_literal,
    of_times,
    said,
    time,
    window,
)
from garbo.policy.cel_parser import (
    Call,
    Field,
    Index,
    Items,
    Literal,
    MistakeError,
    Name,
    Node,
    Operation,
    Place,
    parts,
)
from garbo.policy.cel_words import (
    BOOL,
    DATE,
    FLOAT,
    FUNCTIONS,
    LOOKUPS,
    MACROS,
    MAP,
    STRING,
    VARIABLES,
    Scope,
    Type,
    unknown_function,
)

MAX_COMPREHENSIONS: Final = 2
MAX_BODY: Final = 16  # names, values and operators of what is asked of each element


class Checked(NamedTuple):
    """A checked expression.

    type: what it gives. variables: the names that it takes from the context as they are. lookups: those it looks up,
    by their names in the context. replaced: where the text names them. reads: every name of the policy's or of the
    functions' that the analyst wrote.
    """

    type: Type
    variables: frozenset[str]
    lookups: dict[str, Lookup]
    replaced: list[tuple[Place, str]]
    reads: frozenset[str]


def check(tree: Node, scope: Scope) -> Checked:
    """Check an expression against the names of a policy. Raises `MistakeError`."""
    checker = _Checker(scope)
    found = checker.of(tree)
    return Checked(
        found.type, frozenset(checker.variables), checker.lookups, sorted(checker.replaced), frozenset(checker.reads)
    )


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._bound: dict[str, Known] = {}  # the names of comprehensions
        self._inside, self._comprehensions = False, 0
        self._not_zero: frozenset[str] = frozenset()  # shapes of parts that clauses beside this one keep from 0
        self.variables: set[str] = set()
        self.lookups: dict[str, Lookup] = {}
        self.replaced: list[tuple[Place, str]] = []
        self.reads: set[str] = set()

    def of(self, node: Node) -> Known:
        """What is known of `node`. Raises `MistakeError`."""
        if isinstance(node, Literal):
            return of_literal(node)
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Items):
            return self._items(node)
        if isinstance(node, Index):
            return self._index(node)
        if isinstance(node, Field):
            raise self._field(node)
        if isinstance(node, Call):
            return self._call(node)
        return self._operation(node)

    # ---- names -----------------------------------------------------------------------------------------------------

    def _name(self, node: Name) -> Known:
        name = node.name
        if name in self._bound:
            return self._bound[name]
        if name in FUNCTIONS and name not in self._scope.variables:
            raise MistakeError(f"'{name}' is a function: write {name}(...)", node.place)
        given = self._variable(name, node.place)
        self.variables.add(name)
        if given.kind == "float":
            return Known(given, LARGEST, TINIEST if name in VARIABLES else SMALLEST)
        return Known(given)

    def _variable(self, name: str, place: Place) -> Type:
        given = self._scope.variables.get(name)
        if given is None:
            hint = did_you_mean(name, [*self._scope.variables, *LOOKUPS])
            raise MistakeError(f"unknown variable '{name}'{hint}", place)
        self.reads.add(name)
        return given

    def _items(self, node: Items) -> Known:
        if not node.items:
            return Known(Type("list"))
        found = [self.of(item) for item in node.items]
        for item, known in zip(node.items, found, strict=True):
            if known.kind != found[0].kind or known.kind in ("list", "map"):
                message = f"a list of {said(found[0].type)} and {said(known.type)}: all must be of one simple kind"
                raise MistakeError(message, item.place)
        return Known(Type("list", found[0].kind), max(k.most for k in found), min(k.least for k in found))

    def _index(self, node: Index) -> Known:
        key = node.key
        if isinstance(node.target, Name) and node.target.name == "interest":
            self.reads.add("interest")
            word = self._word(key, "theme")
            return self._looked_up(Lookup("interest_in", word), FLOAT, node.place)
        if isinstance(node.target, Name) and self._scope.variables.get(node.target.name) == MAP:
            if not isinstance(key, Literal) or not isinstance(key.value, str):
                raise MistakeError('the key of a map is a text that is written out: holdings["fund"]', key.place)
            self.reads.add(node.target.name)
            return self._looked_up(Lookup("entry", node.target.name, key=key.value), FLOAT, node.place)
        target = self.of(node.target)
        if target.kind == "list":
            raise MistakeError("a list may be too short for an index: use in, exists or size", node.place)
        raise MistakeError(f"{said(target.type)} has no entries: only maps have", node.place)

    def _field(self, node: Field) -> MistakeError:
        target = self.of(node.target)
        if target.kind == "map":
            return MistakeError(f'write ["{node.name}"] for an entry of a map', node.place)
        return MistakeError(f"{said(target.type)} has no part '{node.name}'", node.place)

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Known:
        name, target = node.function, node.target
        if name not in FUNCTIONS:
            raise MistakeError(unknown_function(name), node.at)
        if name in MACROS:
            return self._comprehension(node)
        if name in LOOKUPS:
            return self._lookup(node)
        if name in ("startsWith", "endsWith", "contains"):
            if target is None or len(node.arguments) != 1:
                raise MistakeError(f'write it behind the text: job.{name}("a")', node.place)
            for part in (target, node.arguments[0]):
                must(part, self.of(part), "string", "date")
            return Known(BOOL)
        arguments = node.arguments if target is None else (target, *node.arguments)
        if target is not None and name != "size":
            raise MistakeError(f"write {name}(...) instead of .{name}(...)", node.at)
        if name in ("min", "max"):
            return self._smallest(node)
        if len(arguments) != 1:
            raise MistakeError(f"{name} takes one argument", node.place)
        if name in ("timestamp", "duration"):
            return time(name, arguments[0])
        return converted(node, name, arguments[0], self.of(arguments[0]))

    def _smallest(self, node: Call) -> Known:
        arguments = node.arguments
        if len(arguments) == 1 and isinstance(arguments[0], Items):
            arguments = arguments[0].items
        elif len(arguments) == 1:
            raise MistakeError(f"{node.function} takes several numbers, or a list that is written out", node.place)
        if not arguments:
            raise MistakeError(f"{node.function} takes several numbers", node.place)
        found = [self.of(part) for part in arguments]
        for part, known in zip(arguments, found, strict=True):
            must(part, known, *NUMBERS)
            if known.kind != found[0].kind:
                raise MistakeError(mixed(node.function, (arguments[0], part), (found[0], known)), node.place)
        return Known(found[0].type, max(k.most for k in found), min(k.least for k in found))

    def _comprehension(self, node: Call) -> Known:
        name = node.function
        if node.target is None or len(node.arguments) != 2 or not isinstance(node.arguments[0], Name):
            raise MistakeError(f"write it behind a list, with a name and a condition: tags.{name}(t, ...)", node.place)
        self._comprehensions += 1
        if self._comprehensions > MAX_COMPREHENSIONS:
            message = f"more than {MAX_COMPREHENSIONS} comprehensions (all, exists, map, filter): use in, or fewer"
            raise MistakeError(message, node.place)
        if self._inside:
            message = "a comprehension inside a comprehension (all, exists, map, filter) is not allowed: use only one"
            raise MistakeError(message, node.place)
        over, bound, body = self.of(node.target), node.arguments[0], node.arguments[1]
        must(node.target, over, "list")
        if parts(body) > MAX_BODY:
            message = f"more than {MAX_BODY} names, values and operators for each element: simplify it"
            raise MistakeError(message, body.place)
        if bound.name in self._scope.variables or bound.name in FUNCTIONS:
            message = f"'{bound.name}' is already a variable: give the element of the list another name"
            raise MistakeError(message, bound.place)
        self._bound = {bound.name: Known(Type(over.type.of or "string", words=over.type.words), over.most, over.least)}
        self._inside = True
        found = self.of(body)
        self._bound, self._inside = {}, False
        if name == "map":
            if found.kind in ("list", "map"):
                raise MistakeError(f"gives {said(found.type)} for each element: give a simple value", body.place)
            return Known(Type("list", found.kind), found.most, found.least)
        must(body, found, "bool")
        return over if name == "filter" else Known(BOOL)

    def _lookup(self, node: Call) -> Known:
        name, function = node.function, LOOKUPS[node.function]
        takes = ", ".join('"7d"' if a == "window" else a for a in function.arguments)
        if node.target is not None or len(node.arguments) != len(function.arguments):
            raise MistakeError(f"write {name}({takes})", node.place)
        self.reads.add(name)
        word, span = "", 0
        for what, argument in zip(function.arguments, node.arguments, strict=True):
            if what == "window":
                span = window(argument)
            elif what == "date":
                word = self._date(name, argument)
            else:
                word = self._word(argument, what)
        known = self._looked_up(Lookup(name, word, span), function.type, node.place)
        return known._replace(most=float(function.at_most)) if function.at_most else known

    def _date(self, function: str, argument: Node) -> str:
        name = argument.name if isinstance(argument, Name) and argument.name not in VARIABLES else ""
        if name and self._variable(name, argument.place) == DATE:
            return name
        raise MistakeError(f"{function} takes the name of an attribute of kind date, without quotes", argument.place)

    def _word(self, argument: Node, what: str) -> str:
        """A name of the policy, written out in quotes."""
        known = self._scope.words[what] - {""}
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            raise MistakeError(f'write the {what} in quotes, as in "{min(known, default="name")}"', argument.place)
        if argument.value not in known:
            raise MistakeError(
                f"unknown {what} '{argument.value}'{did_you_mean(argument.value, known)}", argument.place
            )
        return argument.value

    def _looked_up(self, lookup: Lookup, given: Type, place: Place) -> Known:
        digest = blake2b(repr(lookup).encode(), digest_size=8).hexdigest()
        name = f"L{digest}"  # an attribute begins with a small letter
        self.lookups[name] = lookup
        self.replaced.append((place, name))
        least = SMALLEST if lookup.function == "entry" else TINIEST
        return Known(given, LARGEST, least) if given == FLOAT else Known(given)

    # ---- operators -------------------------------------------------------------------------------------------------

    def _operation(self, node: Operation) -> Known:
        sign, operands = node.sign, node.operands
        if sign in ("&&", "||"):
            return self._joined(node)
        if sign == "?":
            return self._choice(node)
        found = [self.of(part) for part in operands]
        if sign == "!":
            must(operands[0], found[0], "bool")
            return Known(BOOL)
        if sign == "-" and len(operands) == 1:
            must(operands[0], found[0], *NUMBERS)
            return found[0]
        if sign == "in":
            return among(node, found[0], found[1], self._scope.words, inside=self._inside)
        if sign in ("==", "!=", "<", "<=", ">", ">="):
            return compared(node, found[0], found[1], self._scope.words)
        return self._computed(node, *found)

    def _joined(self, node: Operation) -> Known:
        """What one clause says holds in the others: if it did not, they would not matter."""
        outside, holds = self._not_zero, node.sign == "&&"
        says = [implied(part, holds) for part in node.operands]
        for index, part in enumerate(node.operands):
            self._not_zero = outside.union(*says[:index], *says[index + 1 :])
            must(part, self.of(part), "bool")
        self._not_zero = outside
        return Known(BOOL)

    def _choice(self, node: Operation) -> Known:
        condition, *ways = node.operands
        must(condition, self.of(condition), "bool")
        outside, found = self._not_zero, []
        for way, holds in zip(ways, (True, False), strict=True):
            self._not_zero = outside | implied(condition, holds)
            found.append(self.of(way))
        self._not_zero = outside
        first, second = found
        if {first.kind, second.kind} == set(NUMBERS):
            raise MistakeError(mixed("?", (ways[0], ways[1]), (first, second)), node.place)
        if first.type[:2] != second.type[:2]:
            message = f"gives {said(first.type)} or {said(second.type)}: give the same kind in both cases"
            raise MistakeError(message, node.place)
        return first._replace(most=max(first.most, second.most), least=min(first.least, second.least))

    def _computed(self, node: Operation, left: Known, right: Known) -> Known:
        sign, (first, second) = node.sign, node.operands
        kinds = (left.kind, right.kind)
        times = of_times(sign, *kinds)
        if times is not None:
            return Known(times)
        if sign == "+" and kinds == ("string", "string"):
            if self._inside:
                raise MistakeError("texts cannot be joined in a comprehension", node.place)
            return Known(STRING)
        if set(kinds) == set(NUMBERS):
            raise MistakeError(mixed(sign, (first, second), (left, right)), node.place)
        for part, known in ((first, left), (second, right)):
            allowed = ("int",) if sign == "%" else NUMBERS
            must(part, known, *allowed, what=f"{sign} needs ")
        if sign in ("/", "%") and not is_not_zero(second, self._not_zero):
            message = "divides by what may be zero: write `n > 0 && ... / n`, or `n > 0 ? ... / n : ...`"
            raise MistakeError(message, node.place)
        return bounded(node, left, right)
