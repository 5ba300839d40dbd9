"""YAML text -> plain values and the line of each, in one pass over libyaml's event stream.

Rules
 1. The reader uses events, not nodes: no recursion in C (500,000 `[` crash a process with CSafeLoader), no object from
    a tag, and it refuses depth, size and aliases while reading.
 2. No anchors, aliases, tags or merge keys: each value is written where it counts, and no text expands.
 3. Only `true`, `false`, `null`, `~` and numbers are not text. YAML 1.1 reads 19:30 as 1170, `no` as false and `on:`
    as true; an analyst does not expect that.
 4. A key occurs once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from garbo.policy.problems import Path
from garbo.policy.yaml_mistakes import explained

# A bank's whole catalogue has about 100 kB; ten times that is a mistake or an attack.
MAX_BYTES = 1024 * 1024
# The deepest valid path is actions > name > triggers > 0 > name > 0.
MAX_DEPTH = 16

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}([eE][-+]?[0-9]{1,2})?|[-+]?[0-9]{1,18}[eE][-+]?[0-9]{1,2}")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


class YamlProblem(Exception):
    """The text is not a policy document; reading stopped at `line` (from 1; 0: the file as a whole)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(slots=True)
class Document:
    """`data`: plain values. `lines`: path -> line, counted from 1."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest value above it that the file contains."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> Document:
    """Read one document. Raises `YamlProblem`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlProblem(0, f"larger than {MAX_BYTES // 1024} KiB: shorten it, every worker reads the whole file")
    document = Document()
    events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
    try:
        document.data = _documents(events, document.lines)
    except yaml.MarkedYAMLError as error:
        raise YamlProblem(*explained(error, text)) from None
    except yaml.YAMLError as error:
        raise YamlProblem(1, f"not YAML: {str(error).splitlines()[0]}") from None
    except UnicodeEncodeError:
        raise YamlProblem(1, "not YAML: it has characters that are not text; save the file as UTF-8") from None
    return document


def _documents(events: Iterator[Any], lines: dict[Path, int]) -> Any:
    data: Any = None
    seen = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            seen += 1
            if seen > 1:
                raise YamlProblem(_line(event), "a second document (---): one file, one document; remove it")
        elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
            data = _value(event, events, (), lines)
    return data


def _value(event: Any, events: Iterator[Any], path: Path, lines: dict[Path, int]) -> Any:
    line = _line(event)
    lines.setdefault(path, line)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise YamlProblem(line, "anchors and aliases are not allowed: write the value out")
    if event.tag is not None and event.tag != "!":
        raise YamlProblem(line, f"the tag {event.tag} is not allowed: remove it")
    if len(path) >= MAX_DEPTH:
        raise YamlProblem(line, f"nested deeper than {MAX_DEPTH}: no policy file needs that, check the indentation")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event.value) if event.implicit[0] else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        for item in events:
            if isinstance(item, yaml.SequenceEndEvent):
                break
            items.append(_value(item, events, (*path, len(items)), lines))
        return items
    return _mapping(events, path, lines)


def _mapping(events: Iterator[Any], path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            break
        line = _line(key)
        if not isinstance(key, yaml.ScalarEvent) or key.anchor is not None:
            raise YamlProblem(line, "a key must be a word: check the indentation and the colons")
        if key.value in mapping:
            before = lines[(*path, key.value)]
            raise YamlProblem(line, f"the key '{key.value}' is here twice, first on line {before}: remove one")
        lines[(*path, key.value)] = line
        mapping[key.value] = _value(next(events), events, (*path, key.value), lines)
    return mapping


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
