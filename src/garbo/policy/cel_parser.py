"""An expression as a tree with places, so that an error can underline the clause that causes it.

Rules
 1. The tree is for the checker alone; the package `cel` runs the text. The grammar is CEL's without bytes, unsigned
    numbers, raw and triple-quoted strings, null, maps written out, and fields of messages: no policy needs them.
 2. Comments are refused: YAML has its own, and the tree would not know whether `//` hides half of a rule.
 3. Length, depth and the number of parts are bounded here, before anything else looks at the text.

Grammar: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

import re
from typing import Final, NamedTuple, TypeAlias

MAX_LENGTH: Final = 1000
MAX_DEPTH: Final = 24
# Names, values and operators of one expression.
MAX_PARTS: Final = 200
MAX_CLAUSES: Final = 32  # that one && or || joins
MAX_ITEMS: Final = 100  # of a list that is written out

RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "package",
        "return",
        "var",
        "void",
        "while",
    ]
)
_RELATIONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//.*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<float>\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
  | (?P<int>0x[0-9a-fA-F]+|\d+)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:()\[\],.{}=&|])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(?:[abfnrtv\\\"'`?]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-3][0-7]{2})")


class Place(NamedTuple):
    """Characters of the expression, from `start` to before `end`."""

    start: int
    end: int


class MistakeError(Exception):
    """The expression is wrong at `place`. Its text is a sentence that says what to do."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message, self.place = message, place


class Literal(NamedTuple):
    """A value that is written out: str, int, float or bool."""

    value: str | int | float | bool
    place: Place


class Name(NamedTuple):
    name: str
    place: Place


class Items(NamedTuple):
    """A list that is written out."""

    items: tuple["Node", ...]
    place: Place


class Call(NamedTuple):
    """A function; `target` is what stands before the dot. at: the function's name."""

    function: str
    target: "Node | None"
    arguments: tuple["Node", ...]
    at: Place
    place: Place


class Index(NamedTuple):
    target: "Node"
    key: "Node"
    place: Place


class Field(NamedTuple):
    target: "Node"
    name: str
    place: Place


class Operation(NamedTuple):
    """An operator with its operands: one for `!` and `-`, three for `?`, two or more for `&&` and `||`, else two."""

    sign: str
    operands: tuple["Node", ...]
    place: Place


Node: TypeAlias = Literal | Name | Items | Call | Index | Field | Operation


class _Token(NamedTuple):
    kind: str
    text: str
    place: Place


def parts(node: Node) -> int:
    """How many names, values and operators `node` has."""
    if isinstance(node, Literal | Name):
        return 1
    if isinstance(node, Items):
        below = node.items
    elif isinstance(node, Call):
        below = node.arguments if node.target is None else (node.target, *node.arguments)
    elif isinstance(node, Index):
        below = (node.target, node.key)
    else:
        below = (node.target,) if isinstance(node, Field) else node.operands
    return 1 + sum(map(parts, below))


def parse(text: str) -> Node:
    """The tree of an expression. Raises `MistakeError`."""
    if not text.strip():
        raise MistakeError("the expression is empty: remove the key instead", Place(0, len(text)))
    if len(text) > MAX_LENGTH:
        raise MistakeError(f"longer than {MAX_LENGTH} characters: shorten the expression", Place(0, 20))
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MistakeError(_strange(text[at]), Place(at, at + 1))
        kind, place = str(match.lastgroup), Place(at, match.end())
        if kind == "comment":
            raise MistakeError("a comment: write it behind a # of YAML, outside of the expression", place)
        if kind != "space":
            found.append(_Token(kind, match.group(), place))
        at = match.end()
    return [*found, _Token("end", "", Place(len(text), len(text) + 1))]


def _strange(char: str) -> str:
    if char in "\"'":
        return "a text that does not end: close it with the same quote, on the same line"
    return f"not CEL: {char!r} has no meaning here"


class _Parser:
    """Recursive descent. Every bracket, sign and `?` that opens a level counts for the depth."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next, self._depth, self._parts = tokens, 0, 0, 0

    def whole(self) -> Node:
        found = self._choice()
        token = self._token
        if token.kind != "end":
            hint = {"=": "; to compare, write ==", "&": "; write && for and", "|": "; write || for or"}
            hints = {"and": "; write && for and", "or": "; write || for or", "not": "; write ! for not"}
            more = hint.get(token.text, hints.get(token.text, ""))
            raise MistakeError(f"not CEL: '{token.text}' is not expected here{more}", token.place)
        return found

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> _Token | None:
        """The next token if it is one of these signs or words."""
        token = self._token
        if token.kind in ("sign", "name") and token.text in texts:
            self._next += 1
            return token
        return None

    def _need(self, text: str, opened: _Token) -> _Token:
        found = self._take(text)
        if found is None:
            what = f"'{self._token.text}' is not expected here" if self._token.text else f"'{text}' is missing"
            raise MistakeError(f"not CEL: {what}, '{opened.text}' is not closed", self._token.place)
        return found

    def _part(self, place: Place) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MistakeError(f"more than {MAX_PARTS} names, values and operators: simplify the expression", place)

    def _deeper(self, place: Place) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MistakeError(f"nested deeper than {MAX_DEPTH}: simplify the expression", place)

    def _operation(self, sign: str, *operands: Node) -> Operation:
        place = Place(operands[0].place.start, operands[-1].place.end)
        self._part(place)
        return Operation(sign, operands, place)

    # ---- from weak to strong ---------------------------------------------------------------------------------------

    def _choice(self) -> Node:
        condition = self._joined("||")
        opened = self._take("?")
        if opened is None:
            return condition
        self._deeper(opened.place)
        first = self._joined("||")
        self._need(":", opened)
        second = self._choice()
        self._depth -= 1
        return self._operation("?", condition, first, second)

    def _joined(self, sign: str) -> Node:
        below = self._relation if sign == "&&" else lambda: self._joined("&&")
        found = [below()]
        while self._take(sign):
            found.append(below())
        if len(found) > MAX_CLAUSES:
            message = f"more than {MAX_CLAUSES} clauses joined by {sign}: use in with a list, or fewer clauses"
            raise MistakeError(message, found[MAX_CLAUSES].place)
        return found[0] if len(found) == 1 else self._operation(sign, *found)

    def _relation(self) -> Node:
        found = self._sum()
        while token := self._take(*_RELATIONS):
            found = self._operation(token.text, found, self._sum())
        return found

    def _sum(self) -> Node:
        found = self._product()
        while token := self._take("+", "-"):
            found = self._operation(token.text, found, self._product())
        return found

    def _product(self) -> Node:
        found = self._signed()
        while token := self._take("*", "/", "%"):
            found = self._operation(token.text, found, self._signed())
        return found

    def _signed(self) -> Node:
        token = self._take("!", "-")
        if token is None:
            return self._member()
        self._deeper(token.place)
        operand = self._signed()
        self._depth -= 1
        place = Place(token.place.start, operand.place.end)
        if token.text == "-" and isinstance(operand, Literal) and type(operand.value) in (int, float):
            return Literal(-operand.value, place)  # type: ignore[operator]
        self._part(place)
        return Operation(token.text, (operand,), place)

    def _member(self) -> Node:
        found = self._primary()
        while token := self._take(".", "["):
            if token.text == "[":
                self._deeper(token.place)
                key = self._choice()
                end = self._need("]", token).place.end
                self._depth -= 1
                found = Index(found, key, Place(found.place.start, end))
                continue
            name = self._token
            if name.kind != "name":
                raise MistakeError("not CEL: a name must follow the dot", name.place)
            self._next += 1
            opened = self._take("(")
            if opened is None:
                found = Field(found, name.text, Place(found.place.start, name.place.end))
                continue
            arguments, end = self._arguments(opened, ")")
            found = Call(name.text, found, arguments, name.place, Place(found.place.start, end))
        return found

    def _arguments(self, opened: _Token, close: str) -> tuple[tuple[Node, ...], int]:
        """What stands between brackets, and where they end."""
        self._deeper(opened.place)
        found: list[Node] = []
        while self._token.text != close or self._token.kind != "sign":
            found.append(self._choice())
            if len(found) > MAX_ITEMS:
                raise MistakeError(f"a list of more than {MAX_ITEMS}: use an attribute instead", opened.place)
            if not self._take(","):
                break
        self._depth -= 1
        return tuple(found), self._need(close, opened).place.end

    def _primary(self) -> Node:
        token = self._token
        self._part(token.place)
        self._next += 1
        if token.kind in ("string", "int", "float"):
            return self._literal(token)
        if token.kind == "name":
            return self._named(token)
        if token.text == "(" and token.kind == "sign":
            self._deeper(token.place)
            found = self._choice()
            end = self._need(")", token).place.end
            self._depth -= 1
            return found._replace(place=Place(token.place.start, end))
        if token.text == "[" and token.kind == "sign":
            items, end = self._arguments(token, "]")
            return Items(items, Place(token.place.start, end))
        if token.text == "{":
            raise MistakeError("a map cannot be written out: declare an attribute of kind map", token.place)
        self._next -= 1
        what = f"'{token.text}' is not expected here" if token.text else "the expression does not end here"
        raise MistakeError(f"not CEL: {what}: a name or a value is missing", token.place)

    def _named(self, token: _Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(token.text == "true", token.place)
        if token.text in ("True", "False"):
            raise MistakeError(f"write {token.text.lower()} in small letters", token.place)
        if token.text in ("null", "None"):
            raise MistakeError("there is no null: an attribute that is not known has its default", token.place)
        if token.text in RESERVED:
            raise MistakeError(f"not CEL: the word '{token.text}' is reserved", token.place)
        opened = self._take("(")
        if opened is None:
            if self._token.kind == "string" and self._token.place.start == token.place.end:
                raise MistakeError("bytes and raw texts are not supported: remove the letter", token.place)
            return Name(token.text, token.place)
        arguments, end = self._arguments(opened, ")")
        return Call(token.text, None, arguments, token.place, Place(token.place.start, end))

    def _literal(self, token: _Token) -> Literal:
        after = self._token
        if after.kind == "name" and after.place.start == token.place.end:
            place = Place(token.place.start, after.place.end)
            raise MistakeError("not CEL: a number or text and a name without a sign between them", place)
        if token.kind == "string":
            return Literal(_unescaped(token), token.place)
        if token.kind == "int":
            whole = int(token.text, 16 if token.text.startswith("0x") else 10)
            if whole >= 1 << 63:
                raise MistakeError("the number is too large: write it with a decimal point", token.place)
            return Literal(whole, token.place)
        number = float(token.text)
        if number == float("inf"):
            raise MistakeError("the number is too large", token.place)
        return Literal(number, token.place)


def _unescaped(token: _Token) -> str:
    body = token.text[1:-1]
    rest = _ESCAPE.sub("", body)
    if "\\" in rest:
        raise MistakeError("an unknown escape in the text: write \\\\ for a backslash", token.place)
    if "\\" not in body:
        return body
    return _ESCAPE.sub(lambda m: _character(m.group()), body)


def _character(escape: str) -> str:
    code = escape[1:]
    if code[0] in "xu":
        return chr(int(code[1:], 16))
    if code[0] in "0123":
        return chr(int(code, 8))
    return {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}.get(code, code)
