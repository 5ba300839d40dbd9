"""A policy's files as an analyst wrote them: their YAML, and the version that their texts have."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml

MARK = "\ufeff"  # some editors begin a file with it


class _Loader(yaml.CSafeLoader):
    """YAML 1.2: `on` and `no` are words, not booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in found if first in "tTfF" or not tag.endswith(":bool")]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> Any:
    """What the YAML says; an empty file is an empty mapping. Raises `yaml.YAMLError`."""
    # libyaml accepts a `?` that PyYAML refuses
    return yaml.load(text, _Loader) or {}  # noqa: S506


def texts_in(folder: Path) -> dict[str, str]:
    """File name -> text of each YAML file. Raises `OSError`, `UnicodeDecodeError`."""
    found = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
    return {path.name: path.read_text("utf-8") for path in found}


def version_of(texts: Mapping[str, str]) -> str:
    """The version under which these texts decide (docs/policy.md)."""
    plain = {name: text.removeprefix(MARK).replace("\r\n", "\n") for name, text in texts.items()}
    packed = json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return blake2b(packed, digest_size=6).hexdigest()
