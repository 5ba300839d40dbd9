"""Reads what `state_walk` wrote. The bytes may come from anybody: only what is allowed is looked up or called.

What may be called: `__new__` and `__setstate__` of the allowed classes, the constructor of the few that River itself
rebuilds so, and the containers below. A damaged state may still raise anything, also what C and Rust code raises
(pyo3's PanicException is a BaseException): all of it becomes `UnsafeState`.
"""

import collections
import datetime
import functools
import random
import re
from collections.abc import Iterable
from importlib import import_module
from struct import unpack
from typing import Any, Final

import numpy as np
from msgspec import MsgspecError, msgpack

from garbo.learning.estimators.state_walk import DTYPES, MAX_DEPTH, MERSENNE, Met, UnsafeState, path

MAX_NODES: Final = 2_000_000
_MAX_INT_DIGITS: Final = 4096
_TYPES: Final[tuple[type, ...]] = (
    *(float, int, str, bool, bytes, list, dict, set, tuple),
    *(collections.deque, collections.Counter, collections.defaultdict, collections.OrderedDict),
)
_BUILTINS: Final = {path(t): t for t in _TYPES}


def load(data: bytes, allowed: Met) -> Any:
    """The object whose state `data` holds.

    Raises:
        UnsafeState: it is malformed, or holds what `allowed` does not.
    """
    try:
        return _Load(allowed).node(msgpack.decode(data), 0)
    except UnsafeState:
        raise
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except MsgspecError as problem:
        raise UnsafeState(f"the state is not msgpack: {problem}") from None
    except BaseException as problem:  # noqa: BLE001
        raise UnsafeState(f"the state cannot be read: {type(problem).__name__}") from None


class _Load:
    def __init__(self, allowed: Met) -> None:
        self._allowed = allowed
        self._objects: list[Any] = []
        self._left = MAX_NODES
        self._tags = {
            "I": self._int, "r": self._known, "c": self._class, "f": self._function, "m": self._method,
            "p": self._pattern, "l": self._list, "t": self._tuple, "s": self._set, "z": self._frozen,
            "d": self._dict, "q": self._deque, "C": self._counter, "O": self._ordered, "D": self._default,
            "P": self._partial, "R": self._random, "a": self._array, "n": self._number, "G": self._generator,
            "T": self._datetime, "o": self._object,
        }  # fmt: skip

    def node(self, v: Any, depth: int) -> Any:
        if type(v) is not list:
            if type(v) is dict:
                raise UnsafeState("a state holds no maps")
            return v
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH + 1:
            raise UnsafeState("the state has too many nodes or is too deep")
        tag = v[0]
        read = self._tags.get(tag) if type(tag) is str else None
        if read is None:
            raise UnsafeState(f"unknown tag {str(tag)[:16]!r}")
        return read(v, depth + 1)

    def _slot(self, o: Any = None) -> int:
        self._objects.append(o)
        return len(self._objects) - 1

    def _each(self, values: Any, depth: int) -> Iterable[Any]:
        if type(values) is not list:
            raise UnsafeState("not a list")
        return (self.node(value, depth) for value in values)

    def _pairs(self, flat: Any, into: Any, depth: int) -> Any:
        each = iter(self._each(flat, depth))
        for key in each:
            into[key] = next(each)
        return into

    def _later(self, make: Any) -> Any:
        """An object that can only be made when its parts exist: its number comes before theirs."""
        slot = self._slot()
        self._objects[slot] = o = make()
        return o

    def _int(self, v: Any, depth: int) -> int:
        if len(v[1]) > _MAX_INT_DIGITS:
            raise UnsafeState("a number is too long")
        return int(v[1], 16)

    def _known(self, v: Any, depth: int) -> Any:
        if type(v[1]) is not int or not 0 <= v[1] < len(self._objects):
            raise UnsafeState("a reference to nothing")
        return self._objects[v[1]]

    def _class(self, v: Any, depth: int) -> Any:
        return _BUILTINS[v[1]] if v[1] in _BUILTINS else self._global(v[1], self._allowed.classes)

    def _function(self, v: Any, depth: int) -> Any:
        return self._global(v[1], self._allowed.functions)

    def _global(self, name: Any, allowed: set[str]) -> Any:
        if type(name) is not str or name not in allowed:
            raise UnsafeState(f"{str(name)[:80]!r} does not belong to this estimator")
        module, _, qualified = name.partition(":")
        return functools.reduce(getattr, qualified.split("."), import_module(module))

    def _method(self, v: Any, depth: int) -> Any:
        of = self.node(v[1], depth)
        if f"{path(type(of))}.{v[2]}" not in self._allowed.methods:
            raise UnsafeState(f"method {str(v[2])[:80]!r} does not belong to this estimator")
        return getattr(of, v[2])

    def _pattern(self, v: Any, depth: int) -> Any:
        if (v[1], v[2]) not in self._allowed.patterns:
            raise UnsafeState("a pattern that does not belong to this estimator")
        return re.compile(v[1], v[2])

    def _list(self, v: Any, depth: int) -> Any:
        o: list[Any] = []
        self._slot(o)
        o.extend(self._each(v[1], depth))
        return o

    def _tuple(self, v: Any, depth: int) -> Any:
        return self._later(lambda: tuple(self._each(v[1], depth)))

    def _set(self, v: Any, depth: int) -> Any:
        o: set[Any] = set()
        self._slot(o)
        o.update(self._each(v[1], depth))
        return o

    def _frozen(self, v: Any, depth: int) -> Any:
        return self._later(lambda: frozenset(self._each(v[1], depth)))

    def _dict(self, v: Any, depth: int) -> Any:
        o: dict[Any, Any] = {}
        self._slot(o)
        return self._pairs(v[1], o, depth)

    def _deque(self, v: Any, depth: int) -> Any:
        o: collections.deque[Any] = collections.deque(maxlen=v[1])
        self._slot(o)
        o.extend(self._each(v[2], depth))
        return o

    def _counter(self, v: Any, depth: int) -> Any:
        o: collections.Counter[Any] = collections.Counter()
        self._slot(o)
        return self._pairs(v[1], o, depth)

    def _ordered(self, v: Any, depth: int) -> Any:
        o: collections.OrderedDict[Any, Any] = collections.OrderedDict()
        self._slot(o)
        return self._pairs(v[1], o, depth)

    def _default(self, v: Any, depth: int) -> Any:
        o: collections.defaultdict[Any, Any] = collections.defaultdict()
        self._slot(o)
        o.default_factory = self.node(v[1], depth)
        return self._pairs(v[2], o, depth)

    def _partial(self, v: Any, depth: int) -> Any:
        return self._later(
            lambda: functools.partial(self.node(v[1], depth), *self.node(v[2], depth), **self.node(v[3], depth))
        )

    def _random(self, v: Any, depth: int) -> Any:
        o = random.Random()
        self._slot(o)
        o.setstate((v[1], unpack(MERSENNE, v[2]), v[3]))
        return o

    def _array(self, v: Any, depth: int) -> Any:
        if v[1] not in DTYPES:
            raise UnsafeState("an array of another type")
        o = np.frombuffer(v[4], v[1]).reshape(v[2], order="F" if v[3] else "C").copy(order="K")
        self._slot(o)
        return o

    def _number(self, v: Any, depth: int) -> Any:
        if v[1] not in DTYPES:
            raise UnsafeState("a number of another type")
        (o,) = np.frombuffer(v[2], v[1])
        self._slot(o)
        return o

    def _generator(self, v: Any, depth: int) -> Any:
        slot = self._slot()
        state = self.node(v[2], depth)
        if v[1] == "RandomState":
            o: Any = np.random.RandomState()
            o.set_state(state)
        else:
            bits = {"PCG64": np.random.PCG64, "MT19937": np.random.MT19937}[state["bit_generator"]]()
            bits.state = state
            o = np.random.Generator(bits)
        self._objects[slot] = o
        return o

    def _datetime(self, v: Any, depth: int) -> Any:
        o = datetime.datetime.fromisoformat(v[1])
        self._slot(o)
        return o

    def _object(self, v: Any, depth: int) -> Any:
        cls = self._global(v[1], self._allowed.classes)
        if v[2] and v[1] not in self._allowed.made:
            raise UnsafeState(f"{v[1][:80]!r} is not made by a call")
        slot = self._slot()
        arguments = self.node(v[3], depth)
        if type(arguments) is not tuple:
            raise UnsafeState("the arguments are not a tuple")
        self._objects[slot] = o = cls(*arguments) if v[2] else cls.__new__(cls, *arguments)
        state = self.node(v[4], depth)
        if v[5] is not None:
            self._pairs(v[5], o, depth)
        if state is not None:
            _set_state(o, state)
        return o


def _set_state(o: Any, state: Any) -> None:
    if hasattr(o, "__setstate__"):
        o.__setstate__(state)
        return
    plain, slots = state if type(state) is tuple and len(state) == 2 else (state, None)
    for name in (*(plain or ()), *(slots or ())):
        if type(name) is not str or name.startswith("__"):
            raise UnsafeState("a field's name is not a field's")
    if plain:
        o.__dict__.update(plain)
    for name, value in (slots or {}).items():
        setattr(o, name, value)
