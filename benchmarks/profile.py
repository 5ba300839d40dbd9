"""A worker's time by part of the code: `python -m benchmarks.profile [--json] [--events 60000]`.

Runs decide in this process on a real Kafka with transactions, lets it process a full party-events, and samples the
Python stack of its event loop every 2 ms. Each sample counts for the innermost module of Garbo, so C code counts for
its caller. Time spent waiting for records is left out.
"""

import argparse
import collections
import json
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import load
from benchmarks.pipeline import _committed, _feed, _fresh, _wait
from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.faust_host.run import HOST_THREAD, ProcessorHost
from tests.brokers import real_kafka

INTERVAL_S = 0.002

# The first entry that matches a file's path counts, innermost frame first.
PARTS = (
    ("adapters/avro/messages/decision_record", "write the decision record"),
    ("adapters/avro/messages/action_command", "write the command"),
    ("adapters/avro", "read the event, write the rest"),
    ("core/vocabulary", "core: ids and values"),
    ("core/party", "core: fold, consent, needs, row"),
    ("core/journeys", "core: fold, consent, needs, row"),
    ("policy/cel", "core: gates and rules"),
    ("core/gates", "core: gates and rules"),
    ("core/delivery/records", "core: score, choose, record"),
    ("core/delivery", "core: gates and rules"),
    ("core/choice", "core: score, choose, record"),
    ("core/scoring", "core: score, choose, record"),
    ("learning", "core: score, choose, record"),
    ("core/decide", "core: decide itself"),
    ("adapters/observability", "metrics"),
    ("adapters/state", "store: read rows"),
    ("processors", "processors: rows in and out, timers"),
    ("runtime/producer", "transport: produce"),
    ("runtime/exactly_once", "transport: produce"),
    ("runtime", "transport: chunks, checkpoint, Faust"),
    ("faust_host", "transport: chunks, checkpoint, Faust"),
    ("faust", "transport: chunks, checkpoint, Faust"),
    ("mode", "transport: chunks, checkpoint, Faust"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--events", type=int, default=60_000, help="number of events; default 60000")
    parser.add_argument("--parties", type=int, default=20_000, help="number of parties; default 20000")
    given = parser.parse_args()
    with real_kafka() as bootstrap, tempfile.TemporaryDirectory() as folder:
        kafka, codec = _fresh(bootstrap, "prof"), AvroCodec(PackagedRegistry())
        settings = Settings(kafka=kafka, policy_dir=packaged_example(), data_dir=Path(folder), clock="stream")
        people = 3 * given.parties
        _feed(kafka, codec, load.population(given.parties), log=None)
        with ProcessorHost(wiring.hosted_processors(settings, ["decide"])) as host:
            host.wait_ready()
            _wait(lambda: _committed(kafka) >= people, 300, "the population")
        _feed(kafka, codec, load.events(given.events, given.parties), log=None)
        with ProcessorHost(wiring.hosted_processors(replace(settings, slot="0"), ["decide"])) as host:
            sampler = Sampler()
            sampler.start()
            host.wait_ready()
            _wait(lambda: _committed(kafka) >= people + given.events, 300, "the events")
            sampler.stop()
    shares = sampler.shares()
    if given.json:
        print(json.dumps(shares))
    else:
        for part, share in shares.items():
            print(f"{share:6.1%}  {part}")


class Sampler(threading.Thread):
    """Counts the part of the code that the event loop's thread is in."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._counts: collections.Counter[str] = collections.Counter()
        self._running = True

    def run(self) -> None:
        while self._running:
            time.sleep(INTERVAL_S)
            loop = next((t.ident for t in threading.enumerate() if t.name == HOST_THREAD), None)
            frame = sys._current_frames().get(loop or 0)
            files = []
            while frame is not None:
                files.append(frame.f_code.co_filename.replace("\\", "/"))
                frame = frame.f_back
            if files and not files[0].endswith("selectors.py"):
                self._counts[_part(files)] += 1

    def stop(self) -> None:
        self._running = False
        self.join()
        assert self._counts, "the event loop's thread was not found"

    def shares(self) -> dict[str, float]:
        total = sum(self._counts.values()) or 1
        return {part: round(count / total, 4) for part, count in self._counts.most_common()}


def _part(files: list[str]) -> str:
    for file in files:
        for folder, part in PARTS:
            if f"/garbo/{folder}" in file or (f"/{folder}/" in file and "site-packages" in file):
                return part
    return "event loop"


if __name__ == "__main__":
    main()
