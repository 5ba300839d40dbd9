"""Hostile broadcast updates: policy documents and model snapshots."""

import json
import math
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from msgspec import msgpack

from garbo.learning import snapshots
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.policy.loader import bundle
from tests.fuzz.choices import Choices
from tests.fuzz.values import EXTREME, LENGTHS, UGLY
from tests.golden.histories.playing import BANK as FOLDER

_SCALARS: Final = (
    "", "0", "-1", "99999999999999999999", "1e400", ".nan", "true", "~", "[]", "{}", "[[[[]]]]", "9999d", "0s", "-5m",
    "!!python/object/apply:os.system [id]", "&a [*a]", "*a", "'\\ud800'", "\u0085", "{{name}}", "{name!r:>99999999}",
    '"' + "(" * 200 + '"', '"a.all(b, b.all(c, true))"', '"1/0 == 1"', '"interest / pressure > 0.0"', "x" * 5_000,
)  # fmt: skip
_NUMBERS: Final[tuple[Any, ...]] = (math.nan, math.inf, 1e308, -1e308, 0.0, "x", None, [], {}, *EXTREME)


@cache
def _texts() -> dict[str, str]:
    texts: dict[str, str] = json.loads(bundle(FOLDER))
    return texts


@cache
def _lines() -> tuple[tuple[str, int], ...]:
    return tuple((name, n) for name, text in _texts().items() for n in range(text.count("\n")))


def policy(choices: Choices) -> bytes:
    """A policy document: the bank's with changed lines, or something else."""
    match choices.below(10):
        case 0:
            return choices.bytes(choices.below(64))
        case 1:
            return b"[" * choices.pick(LENGTHS)
        case 2:
            return json.dumps({name: "[" * choices.pick(LENGTHS) for name in _texts()}).encode()
        case 3:
            return json.dumps({**_texts(), choices.pick(sorted(_texts())): choices.pick(_SCALARS)}).encode()
        case 4:
            return json.dumps(choices.pick(({}, [], 1, None, {"policy.yaml": 1}, {"../x.yaml": ""}))).encode()
        case _:
            return json.dumps(_edited(choices)).encode()


def _edited(choices: Choices) -> dict[str, str]:
    texts = {name: text.split("\n") for name, text in _texts().items()}
    for _ in range(1 + choices.below(3)):
        name, n = choices.pick(_lines())
        line = texts[name][n % len(texts[name])]
        head, colon, _ = line.partition(":")
        match choices.below(4):
            case 0:
                line = ""
            case 1:
                line = f"{line}\n{line}"
            case 2:
                line = line.replace(
                    choices.pick((" ", ":", "-", "{", "}", ",")), choices.pick(("", "\t", "x", "\x07")), 1
                )
            case _:
                line = f"{head}{colon} {choices.pick(_SCALARS)}"
        texts[name][n % len(texts[name])] = line
    return {name: "\n".join(lines) for name, lines in texts.items()}


def snapshot(choices: Choices, good: bytes) -> bytes:
    """A snapshot: `good` damaged, or a senseless body with a correct MAC."""
    match choices.below(4):
        case 0:
            return choices.bytes(choices.below(64))
        case 1:
            raw = bytearray(good)
            raw[choices.below(len(raw))] ^= 1 << choices.below(8)
            return bytes(raw[: choices.below(len(raw))] if choices.chance(30) else raw)
        case 2:
            return _sealed(b"\x91" * choices.pick(LENGTHS))
        case _:
            body = msgpack.decode(good[21:])
            serving = msgpack.decode(body["serving"])
            parts: Any = choices.pick((body, serving, body["progressive"]))
            key: Any = choices.below(len(parts)) if isinstance(parts, list) else choices.pick(sorted(parts))
            if isinstance(parts, dict) and isinstance(parts[key], dict) and parts[key] and choices.chance(50):
                parts, key = parts[key], choices.pick(sorted(parts[key]))
            parts[key] = choices.pick(_NUMBERS)
            if isinstance(parts, dict) and choices.chance(20):
                parts[choices.pick(UGLY).decode("utf-8", "replace")] = choices.pick(_NUMBERS)
            if parts is serving:
                body["serving"] = msgpack.encode(serving)
            return _sealed(msgpack.encode(body))


def _sealed(body: bytes) -> bytes:
    return (
        snapshots.MAGIC
        + bytes((snapshots.SCHEMA,))
        + blake2b(body, digest_size=16, key=DEVELOPMENT_KEY).digest()
        + body
    )
