"""The JSON Schemas an editor uses agree with the loader on the example, and on what is wrong."""

import json
from pathlib import Path

import jsonschema
import pytest

from garbo.policy.json_schema import export, schemas
from garbo.policy.schema.documents import FILES
from garbo.policy.yaml_reader import read
from tests.unit.policy.bank import bank, broken, sample


@pytest.mark.parametrize("texts", [bank(), sample()], ids=["bank", "sample"])
@pytest.mark.parametrize("file", FILES)
def test_the_schema_accepts_the_bank_and_the_sample(file: str, texts: dict[str, str]) -> None:
    schema = schemas()[file]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read(texts.get(file, "{}")).data, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("actions.yaml", "class: service", "clas: service"),
        ("actions.yaml", "class: service", "class: servant"),
        ("needs.yaml", "gather: 5m", "gather: 5 minutes"),
        ("contact_policy.yaml", 'from: "19:30"', 'from: "25:30"'),
        ("contact_policy.yaml", "at_most: 1", "at_most: 0"),
        ("policy.yaml", "country: IT", "nation: IT"),
        ("policy.yaml", "share: 0.05", "share: 0.5"),
        ("policy.yaml", "per: hour", "per: week"),
        ("journey.yaml", "tone: negative", "tone: angry"),
        ("actions.yaml", "      - inbound\n", "      - touchpoint\n"),
        ("actions.yaml", "on: consent", "on: consents"),
        ("actions.yaml", "valid_from: 2025-01-01", "valid_from: 1 January"),
        ("actions.yaml", "0.01 * balance", "-1"),
        ("actions.yaml", "0.01 * balance", "true"),
        ("actions.yaml", "times: 3", "times: 1"),
        ("actions.yaml", "group: survey", "family: survey"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(file: str, old: str, new: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read(broken(file, old, new)[file]).data, schemas()[file])


def test_one_file_is_written_for_each(tmp_path: Path) -> None:
    written = export(tmp_path / "schemas")
    assert {f"{Path(f).stem}.schema.json" for f in FILES} == {p.name for p in written}
    assert schemas()["needs.yaml"] == json.loads((tmp_path / "schemas" / "needs.schema.json").read_text("utf-8"))
