"""`python -m garbo.adapters.avro.publish`: bring schemas/ids.json up to the message table and today's .avsc files.

A message of the table that is not there gets the next free family and version 1. A schema whose bytes on the wire have
changed gets its next version; the text of the one before must lie in `retired/` already. What is published never
changes.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from garbo.adapters.avro.messages import MESSAGES
from garbo.adapters.avro.schemas import fingerprint
from garbo.errors import SchemaError

FOLDER = Path(__file__).resolve().parents[4] / "schemas"


def file_name(schema: str) -> str:
    """`garbo.ActionCommand` -> `action_command`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", schema.rpartition(".")[2]).lower()


def published(index: dict[str, Any], schemas: Iterable[str], folder: Path) -> dict[str, Any]:
    """The index that names every version of `schemas`, given the files in `folder` and the `index` so far.

    Raises:
        SchemaError: a file is missing, or a changed schema's earlier text is not in `retired/`.
    """
    found = {name: {"family": entry["family"], "versions": list(entry["versions"])} for name, entry in index.items()}
    for name in schemas:
        base = file_name(name)
        now = {"file": f"{base}.avsc", "fingerprint": fingerprint(_text(folder / f"{base}.avsc"))}
        family = 1 + max((entry["family"] for entry in found.values()), default=0)
        versions = found.setdefault(name, {"family": family, "versions": []})["versions"]
        if versions and versions[-1]["fingerprint"] == now["fingerprint"]:
            continue
        if versions:
            versions[-1] = _retired(versions[-1], f"retired/{base}.{len(versions)}.avsc", folder)
        versions.append(now)
    return found


def _retired(version: dict[str, Any], file: str, folder: Path) -> dict[str, Any]:
    if fingerprint(_text(folder / file)) != version["fingerprint"]:
        raise SchemaError(f"schemas/{file} is not the text that was published; copy it from the last commit.")
    return {"file": file, "fingerprint": version["fingerprint"]}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as problem:
        raise SchemaError(f"{path.name} cannot be read; write it, or copy it from the last commit.") from problem


def main() -> None:
    """Write schemas/ids.json."""
    path = FOLDER / "ids.json"
    index = published(json.loads(path.read_text("utf-8")), [message.name for message in MESSAGES], FOLDER)
    path.write_text(json.dumps(index, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
