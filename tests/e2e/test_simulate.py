"""`garbo simulate`: the same seed the same bytes, and the same facts on the topics."""

import os
import subprocess
import sys
from pathlib import Path

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.processors.topics import INBOUND
from garbo.simulation.jsonl import read_jsonl
from garbo.simulation.world import world
from tests.e2e.test_replay_bank import held

WORLD = ("--seed", "3", "--parties", "40", "--days", "3")


def garbo(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command, env = [sys.executable, "-m", "garbo.cli", "simulate", *words], {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, timeout=120, check=False, env=env)


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    first, path = garbo(*WORLD, PYTHONHASHSEED="1"), tmp_path / "world.jsonl"
    assert 0 == garbo(*WORLD, "--out", str(path), PYTHONHASHSEED="2").returncode
    assert first.stdout == path.read_bytes()
    assert list(world(3, 40, 3, duplicates=0.02, late=0.02)) == list(read_jsonl(path))


def test_a_file_fed_to_kafka_lies_on_the_topics(embedded: KafkaSettings, tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    garbo(*WORLD, "--out", str(path))
    where = ("--bootstrap", embedded.bootstrap, "--prefix", embedded.prefix)
    done = garbo("--in", str(path), *where, GARBO_TRANSACTIONAL="false")
    assert 0 == done.returncode, done.stderr.decode()
    codec = AvroCodec(PackagedRegistry())
    facts = [codec.inbound(value) for name in INBOUND for value in held(embedded, name)]
    assert sorted(f.event_id for f in read_jsonl(path)) == sorted(f.event_id for f in facts)


def test_a_mistake_is_a_sentence(tmp_path: Path) -> None:
    for words, says in (
        (("--start", "yesterday"), b"is not a day"),
        (("--in", str(tmp_path / "none.jsonl")), b"cannot read"),
        (("--out", str(tmp_path), *WORLD), b"cannot write"),
    ):
        done = garbo(*words)
        assert 1 == done.returncode
        assert says in done.stderr
        assert b"Traceback" not in done.stderr
