"""schemas/ids.json comes from the message table and the .avsc files."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from garbo.adapters.avro.messages import MESSAGES
from garbo.adapters.avro.publish import FOLDER, published
from garbo.errors import SchemaError

NAMES = [message.name for message in MESSAGES]
TODAY = (FOLDER / "ids.json").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "schemas"))


def with_a_field(folder: Path) -> None:
    path = folder / "party_merged.avsc"
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append({"name": "reason", "type": "string", "default": "", "doc": "Why."})
    path.write_text(json.dumps(schema), "utf-8")


def test_the_committed_index_is_the_one_the_table_gives() -> None:
    assert TODAY == json.dumps(published(json.loads(TODAY), NAMES, FOLDER), indent=2) + "\n"


def test_a_new_message_gets_the_next_family(folder: Path) -> None:
    index: dict[str, Any] = json.loads(TODAY)
    highest = max(entry["family"] for entry in index.values())
    gone = index.pop("garbo.PartyMerged")
    index["garbo.Another"] = {"family": highest, "versions": []}
    found = published(index, NAMES, folder)["garbo.PartyMerged"]
    assert {"family": highest + 1, "versions": gone["versions"]} == found


def test_a_changed_schema_gets_its_next_version_and_the_earlier_ones_stay(folder: Path) -> None:
    before = json.loads(TODAY)["garbo.PartyMerged"]["versions"]
    (folder / "retired" / "party_merged.1.avsc").write_text((folder / "party_merged.avsc").read_text("utf-8"))
    with_a_field(folder)
    found = published(json.loads(TODAY), NAMES, folder)
    versions = found.pop("garbo.PartyMerged")["versions"]
    assert [before[0]["fingerprint"]] == [v["fingerprint"] for v in versions[:-1]]
    assert ["retired/party_merged.1.avsc", "party_merged.avsc"] == [v["file"] for v in versions]
    assert versions[-1]["fingerprint"] != before[0]["fingerprint"]
    assert {name: entry for name, entry in json.loads(TODAY).items() if name != "garbo.PartyMerged"} == found


def test_a_changed_schema_whose_published_text_is_lost_is_refused(folder: Path) -> None:
    with_a_field(folder)
    with pytest.raises(SchemaError, match=r"party_merged.1.avsc cannot be read"):
        published(json.loads(TODAY), NAMES, folder)
    shutil.copy(folder / "party_merged.avsc", folder / "retired" / "party_merged.1.avsc")
    with pytest.raises(SchemaError, match="not the text that was published"):
        published(json.loads(TODAY), NAMES, folder)
