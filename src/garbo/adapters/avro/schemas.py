"""The packaged schemas: every version ever published, found in a checkout and in a wheel alike.

Rules
 1. `schemas/*.avsc` are the source of truth; `schemas/ids.json` names every published version of each.
 2. A packaged id is a function of that file: bytes 'G', 'B', family, version. It is stable for ever, readable in a hex
    dump, and far above a registry's ids (they count from 1), so both kinds may lie on one topic.
 3. A published version keeps its text: a message must decode for as long as its log is kept.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from fastavro.schema import parse_schema, to_parsing_canonical_form

from garbo.errors import SchemaError

ID_BASE: Final = 0x47420000  # b"GB" and two bytes to fill


@dataclass(frozen=True, slots=True)
class Schema:
    """One version of one packaged schema.

    Attributes:
        name: the record's full name, such as `garbo.Touchpoint`.
        version: counted from 1.
        id: the packaged id.
        text: the file as a registry should store it, with docs, defaults and logical types.
        fingerprint: see `fingerprint`.
    """

    name: str
    version: int
    id: int
    text: str
    fingerprint: str

    def parsed(self) -> Any:
        """The schema in the form that fastavro reads and writes with."""
        return parsed(self.text)


@cache
def parsed(text: str) -> Any:
    """A schema without its logical types: a timestamp is a long on the wire, and in Garbo too.

    fastavro would make a `datetime` of each (2 us), and Garbo would have to convert it back.

    Raises:
        SchemaError: the text is no Avro schema.
    """
    try:
        return parse_schema(_bare(json.loads(text)))
    except Exception as e:
        raise SchemaError(f"A schema cannot be parsed ({e}). Correct it where it was registered.") from e


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: _bare(v) for k, v in schema.items() if k not in ("logicalType", "doc")}
    if isinstance(schema, list):
        return [_bare(branch) for branch in schema]
    return schema


def fingerprint(text: str) -> str:
    """16 hex digits of SHA-256 over Avro's Parsing Canonical Form: equal exactly if the bytes on the wire are equal.

    Docs and defaults do not count: a better sentence makes no new version.
    """
    canonical = to_parsing_canonical_form(parse_schema(json.loads(text)))
    return sha256(canonical.encode()).hexdigest()[:16]


@cache
def packaged() -> Mapping[str, tuple[Schema, ...]]:
    """Full name -> its versions, oldest first; the last one is current.

    Raises:
        SchemaError: the installation lacks its schemas, or a published version was changed.
    """
    folder = _folder()
    index = json.loads((folder / "ids.json").read_text("utf-8"))
    return {name: tuple(_versions(folder, name, entry)) for name, entry in index.items()}


def _versions(folder: Traversable, name: str, entry: Mapping[str, Any]) -> list[Schema]:
    found = []
    for version, published in enumerate(entry["versions"], start=1):
        text = (folder / published["file"]).read_text("utf-8")
        schema_id = ID_BASE | entry["family"] << 8 | version
        if fingerprint(text) != published["fingerprint"]:
            raise SchemaError(
                f"{published['file']} is not {name} version {version} as published. Give the changed schema a new "
                "version in schemas/ids.json and keep the old text (docs/schemas.md says how)."
            )
        found.append(Schema(name, version, schema_id, text, published["fingerprint"]))
    return found


def current() -> dict[str, Schema]:
    """Full name -> the version written today."""
    return {name: versions[-1] for name, versions in packaged().items()}


def _folder() -> Traversable:
    installed = files("garbo") / "schemas"
    if installed.is_dir():
        return installed
    checkout = Path(__file__).resolve().parents[4] / "schemas"
    if checkout.is_dir():
        return checkout
    raise SchemaError("The Avro schemas are not installed. Install Garbo from its wheel, or run it in its checkout.")
