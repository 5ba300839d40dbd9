"""One JSON Schema for each file: with it an editor completes and checks while the analyst types."""

import json
from pathlib import Path
from typing import Any

from garbo.policy.schema.documents import FILES


def schemas() -> dict[str, dict[str, Any]]:
    """File of the policy -> its JSON Schema (draft 2020-12)."""
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", **file.model_json_schema(by_alias=True)}
        for name, file in FILES.items()
    }


def export(folder: Path) -> list[Path]:
    """Write `actions.schema.json` and so on into `folder`. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{Path(name).stem}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
        written.append(path)
    return written
