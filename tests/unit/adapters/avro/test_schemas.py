"""The schemas as documents: explained field by field, safe to evolve, and published under ids that never move."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from garbo.adapters.avro import schemas
from garbo.adapters.avro.schemas import current, fingerprint, packaged
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import Direction
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition, NeedEnd, Reason
from garbo.errors import SchemaError

SCHEMAS = {name: json.loads(schema.text) for name, schema in current().items()}


def _types(schema: Any) -> Iterator[dict[str, Any]]:
    """Every record and enum in a schema."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _types(branch)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum"):
            yield schema
        for inner in (schema.get("items"), schema.get("values"), *(f["type"] for f in schema.get("fields", ()))):
            yield from _types(inner)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_type_and_every_field_says_what_it_means(name: str) -> None:
    for found in _types(SCHEMAS[name]):
        assert len(found["doc"]) > 10, found["name"]
        for field in found.get("fields", ()):
            assert field["doc"].endswith("."), (found["name"], field["name"])
            assert len(field["doc"]) > 8, (found["name"], field["name"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_enum_has_a_place_for_a_symbol_it_does_not_know(name: str) -> None:
    """A newer producer's symbol resolves to UNKNOWN in an older reader, instead of stopping it."""
    for found in _types(SCHEMAS[name]):
        if found["type"] == "enum":
            assert ("UNKNOWN", "UNKNOWN") == (found["default"], found["symbols"][0])


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_namespace_never_moves(name: str) -> None:
    """Both compatibility checkers pass a change of namespace, which no reader survives."""
    assert "garbo" == SCHEMAS[name]["namespace"]
    assert all("namespace" not in inner for inner in list(_types(SCHEMAS[name]))[1:])


@pytest.mark.parametrize("name", SCHEMAS)
def test_instants_are_marked_as_such(name: str) -> None:
    for found in _types(SCHEMAS[name]):
        for field in found.get("fields", ()):
            if field["name"] in ("at", "occurred_at", "expires_at", "placed_at", "due", "appended_at"):
                assert {"type": "long", "logicalType": "timestamp-millis"} == field["type"]


def test_a_type_that_several_schemas_use_is_the_same_in_all() -> None:
    seen: dict[str, dict[str, Any]] = {}
    for schema in SCHEMAS.values():
        for found in _types(schema):
            assert seen.setdefault(found["name"], found) == found, found["name"]


@pytest.mark.parametrize(
    ("enum", "vocabulary"),
    [
        ("Channel", Channel),
        ("Direction", Direction),
        ("OutcomeStatus", OutcomeStatus),
        ("Reason", Reason),
        ("Disposition", Disposition),
        ("NeedEnd", NeedEnd),
        ("DeadLetterReason", DeadLetterReason),
    ],
)
def test_the_enums_are_the_vocabulary(enum: str, vocabulary: Any) -> None:
    symbols = next(t["symbols"] for s in SCHEMAS.values() for t in _types(s) if t["name"] == enum)
    assert ["UNKNOWN", *vocabulary] == symbols


def test_ids_say_family_and_version_and_are_never_shared() -> None:
    ids = [schema.id for versions in packaged().values() for schema in versions]
    assert len(set(ids)) == len(ids)
    assert 0x47420101 == packaged()["garbo.Touchpoint"][0].id  # b"GB", family 1, version 1: on logs, so for ever
    assert all(i.to_bytes(4, "big").startswith(b"GB") for i in ids)


def test_every_file_is_published() -> None:
    folder = Path(__file__).parents[4] / "schemas"
    index = json.loads((folder / "ids.json").read_text("utf-8"))
    listed = {published["file"] for entry in index.values() for published in entry["versions"]}
    assert {str(p.relative_to(folder)) for p in folder.rglob("*.avsc")} == listed


def test_a_published_version_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = current()["garbo.PartyMerged"].text
    index = {"garbo.PartyMerged": {"family": 7, "versions": [{"file": "m.avsc", "fingerprint": fingerprint(text)}]}}
    (tmp_path / "ids.json").write_text(json.dumps(index))
    monkeypatch.setattr(schemas, "_folder", lambda: tmp_path)
    (tmp_path / "m.avsc").write_text(text.replace("The party id that stays.", "Said better."))
    assert 1 == len(packaged.__wrapped__()["garbo.PartyMerged"])
    (tmp_path / "m.avsc").write_text(text.replace('"winner"', '"loser"'))
    with pytest.raises(SchemaError, match="new version"):
        packaged.__wrapped__()
