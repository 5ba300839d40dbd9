"""One more version of a schema, published as docs/schemas.md says."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from garbo.adapters.avro import AvroCodec, PackagedRegistry, schemas
from garbo.adapters.avro.fast_touchpoint import TouchpointReader
from garbo.adapters.avro.schemas import fingerprint
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Source, Touchpoint
from garbo.processors.ports import ConsumerRecord, InboundMessage

MESSAGE = InboundMessage(
    "evt-1", 1_000, Touchpoint(Channel.WEB, "visit", attributes={"n": 1}, theme="cards", text="hello")
)
SCHEMAS = Path(__file__).parents[4] / "schemas"


def _compatible(reader: Any, writer: Any) -> bool:
    verdict = ReaderWriterCompatibilityChecker().get_compatibility(  # type: ignore[no-untyped-call]
        parse(json.dumps(reader)), parse(json.dumps(writer))
    )
    return bool(verdict.compatibility == SchemaCompatibilityType.compatible)


def _next_touchpoint() -> Any:
    """A field more, in the midst, and a channel more."""
    schema = json.loads((SCHEMAS / "touchpoint.avsc").read_text("utf-8"))
    schema["fields"].insert(2, {"name": "device", "type": "string", "doc": "The device.", "default": ""})
    next(f for f in schema["fields"] if f["name"] == "channel")["type"]["symbols"].append("kiosk")
    return schema


@pytest.fixture
def following(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AvroCodec]:
    """The codec of an installation where the touchpoint's next version is packaged."""
    index = json.loads((SCHEMAS / "ids.json").read_text("utf-8"))
    shutil.copytree(SCHEMAS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "touchpoint.avsc").rename(tmp_path / "retired" / "touchpoint.2.avsc")
    text = json.dumps(_next_touchpoint())
    (tmp_path / "touchpoint.avsc").write_text(text)
    versions = index["garbo.Touchpoint"]["versions"]
    versions[-1]["file"] = "retired/touchpoint.2.avsc"
    versions.append({"file": "touchpoint.avsc", "fingerprint": fingerprint(text)})
    (tmp_path / "ids.json").write_text(json.dumps(index))
    monkeypatch.setattr(schemas, "_folder", lambda: tmp_path)
    schemas.packaged.cache_clear()
    yield AvroCodec(PackagedRegistry())
    schemas.packaged.cache_clear()


def test_what_the_first_version_wrote_is_read_with_the_next(following: AvroCodec) -> None:
    old = bytes.fromhex(
        json.loads((SCHEMAS.parent / "tests/golden/avro/Touchpoint.1.json").read_text("utf-8"))["messages"][0]["hex"]
    )
    read = following.inbound(old)
    assert ("evt-1", Channel.SOCIAL) == (read.event_id, getattr(read.body, "channel", None))
    forwarded = following.envelope(read, "p-1", Source("touchpoints", 0, 1), old)
    assert read.body == following.party_event(ConsumerRecord("party-events", 0, 1, b"p-1", forwarded, 2)).body


def test_the_next_version_is_written_under_its_own_id(following: AvroCodec) -> None:
    written = following.encode_inbound(MESSAGE)
    assert bytes.fromhex("0047420103") == written[:5]
    assert MESSAGE == following.inbound(written)
    unknown_layout = TouchpointReader(schemas.current()["garbo.Touchpoint"].parsed(), 5)
    assert unknown_layout(written) is None  # left to fastavro, until the short way is taught the new field


def test_a_channel_that_a_newer_schema_names_is_read_by_its_name(following: AvroCodec) -> None:
    written = following.encode_inbound(MESSAGE)
    place = written.index(b"evt-1") + 5
    assert 2 == written[place]
    read = following.inbound(written[:place] + bytes([12 << 1]) + written[place + 1 :])
    assert "kiosk" == getattr(read.body, "channel", None)  # whether it is a channel, the policy's words say


def test_the_judges_pass_what_the_rules_allow_and_refuse_what_they_forbid() -> None:
    first, allowed = json.loads((SCHEMAS / "touchpoint.avsc").read_text("utf-8")), _next_touchpoint()
    assert (True, True) == (_compatible(first, allowed), _compatible(allowed, first))
    without_default = _next_touchpoint()
    del without_default["fields"][2]["default"]
    retyped = json.loads(json.dumps(first))
    next(f for f in retyped["fields"] if f["name"] == "kind")["type"] = "long"
    for forbidden in (without_default, retyped):
        assert not (_compatible(first, forbidden) and _compatible(forbidden, first))
