"""An estimator's state as data: each object becomes [tag, ...] in one msgpack list.

Objects are numbered as they are met, so shared references and cycles survive; a tree has both. Sets are sorted, so the
bytes do not depend on the process. `state_load` reads them back.

| tag | node |
|---|---|
| `r` n | the object that was met as number n |
| `o` class, constructed, arguments, state, items | an object; constructed: made by a call of its class |
| `c`, `f` path | a class, a function |
| `m` object, name | a bound method |
| `l t s z d` | list, tuple, set, frozenset, dict |
| `q C O D P` | deque, Counter, OrderedDict, defaultdict, partial |
| `a n R G T p I` | array, number of NumPy, the three random generators, datetime, pattern, an int over 64 bits |
"""

import collections
import copyreg
import datetime
import functools
import random
import re
import types
from dataclasses import dataclass, field
from struct import pack
from typing import Any, Final

import numpy as np
from msgspec import MsgspecError, msgpack

from garbo.errors import GarboError

SCALARS: Final = (type(None), bool, float, str, bytes)
DTYPES: Final = frozenset({"<f8", "<u4", "<f4", "<i8", "<i4", "|b1", "<u8", "|u1"})
FUNCTIONS: Final = (types.FunctionType, types.BuiltinFunctionType)
# Deeper than any model that conforms; Python's own limit would otherwise end the walk.
MAX_DEPTH: Final = 150
_INT64: Final = 2**63
MERSENNE: Final = "<625I"
# Each distribution of River has a generator, for samples that no estimator draws; it makes a tree 40 times larger and
# differs from process to process. It is left out.
_DISTRIBUTIONS: Final = "river.proba."


class UnsafeState(GarboError):
    """An estimator's state holds what this estimator does not need, or is malformed.

    Operator action: see `SnapshotError` for a snapshot. For an estimator in a policy: choose another class.
    """


def path(of: Any) -> str:
    """The exact name of a class or a function."""
    return f"{of.__module__}:{of.__qualname__}"


@dataclass(slots=True)
class Met:
    """What a state holds besides values. made: classes whose objects are made by a call of the class."""

    classes: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    patterns: set[tuple[str, int]] = field(default_factory=set)


def dump(model: Any) -> bytes:
    """The state of `model`.

    Raises:
        UnsafeState: it holds an object that cannot be written as data.
    """
    try:
        return msgpack.encode(_Walk().node(model, 0))
    except (MsgspecError, TypeError, ValueError, RecursionError) as problem:
        raise UnsafeState(f"the state cannot be written as data: {problem}") from None


def met(model: Any) -> Met:
    """The classes, functions, methods and patterns in the state of `model`. Raises `UnsafeState`."""
    walk = _Walk()
    walk.node(model, 0)
    return walk.met


class _Walk:
    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._keep: list[Any] = []  # an id stays unique only while its object lives
        self.met = Met()

    def node(self, o: Any, depth: int) -> Any:
        t = type(o)
        if t in SCALARS:
            return o
        if t is int:
            return o if -_INT64 <= o < _INT64 else ["I", hex(o)]
        if depth > MAX_DEPTH:
            raise UnsafeState(f"the state is more than {MAX_DEPTH} deep")
        number = self._numbers.get(id(o))
        if number is not None:
            return ["r", number]
        if isinstance(o, type):
            self.met.classes.add(path(o))
            return ["c", path(o)]
        if isinstance(o, FUNCTIONS):
            return self._function(o)
        if isinstance(o, re.Pattern):
            self.met.patterns.add((o.pattern, o.flags))
            return ["p", o.pattern, o.flags]
        if t is types.MethodType:
            self.met.methods.add(f"{path(type(o.__self__))}.{o.__name__}")
            return ["m", self.node(o.__self__, depth + 1), o.__name__]
        self._numbers[id(o)] = len(self._keep)
        self._keep.append(o)
        simple = self._container(o, t, depth + 1)
        return self._object(o, t, depth + 1) if simple is None else simple

    def _function(self, o: Any) -> Any:
        if getattr(o, "__self__", None) is not None and not isinstance(o.__self__, types.ModuleType):
            raise UnsafeState(f"{path(o)} is a method in C")
        self.met.functions.add(path(o))
        return ["f", path(o)]

    def _each(self, values: Any, depth: int) -> list[Any]:
        return [self.node(value, depth) for value in values]

    def _pairs(self, o: Any, depth: int) -> list[Any]:
        return [self.node(each, depth) for pair in o.items() for each in pair]

    def _container(self, o: Any, t: type, depth: int) -> list[Any] | None:
        if t is dict:
            return ["d", self._pairs(o, depth)]
        if t is list:
            return ["l", self._each(o, depth)]
        if t is tuple:
            return ["t", self._each(o, depth)]
        if t is set or t is frozenset:
            return ["s" if t is set else "z", self._each(sorted(o, key=lambda x: (str(type(x)), repr(x))), depth)]
        if t is collections.deque:
            return ["q", o.maxlen, self._each(o, depth)]
        if t is collections.Counter:
            return ["C", self._pairs(o, depth)]
        if t is collections.OrderedDict:
            return ["O", self._pairs(o, depth)]
        if t is collections.defaultdict:
            return ["D", self.node(o.default_factory, depth), self._pairs(o, depth)]
        if t is functools.partial:
            return ["P", self.node(o.func, depth), self.node(o.args, depth), self.node(o.keywords, depth)]
        return self._value(o, t, depth)

    def _value(self, o: Any, t: type, depth: int) -> list[Any] | None:
        if t is random.Random:
            version, words, spare = o.getstate()
            return ["R", version, pack(MERSENNE, *words), spare]
        if t is np.ndarray:
            if o.dtype.str not in DTYPES:
                raise UnsafeState(f"an array of {o.dtype}")
            columns = bool(o.flags.f_contiguous and not o.flags.c_contiguous)
            return ["a", o.dtype.str, list(o.shape), columns, o.tobytes("A")]
        if isinstance(o, np.generic):
            return ["n", o.dtype.str, o.tobytes()]
        if t is np.random.RandomState:
            return ["G", "RandomState", self.node(o.get_state(legacy=False), depth)]
        if t is np.random.Generator:
            return ["G", "Generator", self.node(o.bit_generator.state, depth)]
        if t is datetime.datetime:
            return ["T", o.isoformat()]
        return None

    def _object(self, o: Any, t: type, depth: int) -> list[Any]:
        self.met.classes.add(path(t))
        reduced = o.__reduce_ex__(4)
        if isinstance(reduced, str):
            raise UnsafeState(f"{path(t)} is a global object")
        builder, arguments, state, listed, keyed = (*reduced, None, None, None)[:5]
        if builder is copyreg.__newobj__:  # type: ignore[attr-defined]
            made, arguments = False, arguments[1:]
        elif builder is t:
            made = True
            self.met.made.add(path(t))
        else:
            raise UnsafeState(f"{path(t)} rebuilds itself through {getattr(builder, '__name__', 'an object')}")
        if listed is not None:
            raise UnsafeState(f"{path(t)} is a list of another kind")
        if path(t).startswith(_DISTRIBUTIONS) and isinstance(state, dict) and "_rng" in state:
            state = {**state, "_rng": None}
        items = None if keyed is None else [self.node(each, depth) for pair in keyed for each in pair]
        return ["o", path(t), made, self.node(tuple(arguments), depth), self.node(state, depth), items]
