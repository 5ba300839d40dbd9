"""One fault run, from an empty broker to the verdict.

1  start a broker, a registry and a copy of the code: edits during the run have no effect
2  create topics, start workers, send the first fifth of the traffic
3  inject each fault at its mark; until everything has recovered only a trickle goes beyond the next mark
4  send the rest of the traffic; advance the time by a week, so that timers fire; wait until the pipeline is idle
5  send SIGTERM to all; check the topics
"""

import os
import shutil
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.core.vocabulary.instants import DAY
from garbo.errors import BrokerError
from garbo.replay.pipeline import Pipeline
from tests.brokers import MavenKafka, maven_kafka
from tests.chaos.bench import Bench, Missed
from tests.chaos.environment_faults import KINDS
from tests.chaos.feeder import Feeder
from tests.chaos.fleet import SESSION_MS, TRANSACTION_MS, Fleet, WorkerCommand, program
from tests.chaos.recovery import Inputs
from tests.chaos.registry import Registry, registry
from tests.chaos.report import Result, asked, recovery
from tests.chaos.schedule import END, LAST, Fault
from tests.chaos.traffic import Traffic, newer_writer
from tests.chaos.verdict import check_run
from tests.chaos.worker import BUG

ROOT: Final = Path(__file__).resolve().parents[2]
_FEED_S: Final = 900.0  # to reach the next mark
_IDLE_S: Final = 300.0
_AFTER: Final = 8 * DAY  # all plans and promises are due within a week


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run.

    rate: messages a second, at most. report: folder for the workers' logs if the run fails. keep: folder for these
    logs and the broker's data in any case.
    """

    seed: int
    faults: Sequence[Fault]
    events: int
    parties: int
    days: int
    workers: int = 3
    partitions: int = 6
    rate: float = 500.0
    bug: str = ""
    report: Path | None = None
    keep: Path | None = None
    command: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def run(wanted: RunOptions) -> Result:
    """Run the faults and check the topics. Raises if the run itself fails; failures of the engine are in the result."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-chaos-")))
        broker = stack.enter_context(maven_kafka())
        schemas = stack.enter_context(registry())
        if wanted.keep is not None:
            stack.callback(_keep, wanted.keep, folder, broker)
        kafka = KafkaSettings(bootstrap=broker.bootstrap)
        create(kafka, topic_specs(wanted.partitions), replication=1)
        codec = AvroCodec(ConfluentRegistry(schemas.url))
        traffic = Traffic(wanted.seed, wanted.parties, wanted.days, codec, newer_writer(schemas.url))
        bench = stack.enter_context(_bench(wanted, folder, broker, kafka, schemas, traffic))
        _inject_faults(bench, wanted)
        _settle(bench, wanted, codec)
        last = bench.fleet.end()
        bench.say("all workers have ended; checking the topics")
        data = [bench.fleet.data(slot) for slot in range(wanted.workers + 1) if bench.fleet.data(slot).exists()]
        verdict = check_run(kafka, schemas.url, bench.policy, wanted.partitions, data, bench.poisons, bench.corrupted)
        result = Result(
            commit=commit(),
            seed=wanted.seed,
            command=wanted.command,
            workers=wanted.workers,
            partitions=wanted.partitions,
            seconds=time.monotonic() - began,
            events=bench.feeder.sent,
            sent=dict(sorted(traffic.counts.items())),
            hits=bench.hits,
            asked=asked(wanted.faults),
            wanted=Counter(fault.kind for fault in wanted.faults),
            faults=bench.done,
            kill_marks=bench.kill_marks,
            recovery=recovery(bench.watches),
            exits=bench.fleet.exits(),
            last_exits=last,
            starts=len(bench.fleet.launched),
            assignments=bench.fleet.assignments(),
            missed=bench.missed,
            wrong=bench.wrong,
            story=bench.story,
            verdict=verdict.as_dict(),
            bug=wanted.bug,
        )
        if wanted.report is not None and result.failures():
            _copy_logs(folder, wanted.report / "logs")
        return result


@contextmanager
def _bench(
    wanted: RunOptions, folder: Path, broker: MavenKafka, kafka: KafkaSettings, schemas: Registry, traffic: Traffic
) -> Iterator[Bench]:  # fmt: skip
    code = _copied(folder / "code")
    policy = code / "examples" / "bank"
    environment = {
        "PYTHONPATH": f"{code / 'src'}{os.pathsep}{code}",
        "GARBO_BOOTSTRAP": kafka.bootstrap,
        "GARBO_REGISTRY_URL": schemas.url,
        "GARBO_CLOCK": "stream",
        "GARBO_METRICS_PORT": "-1",
        "GARBO_SESSION_TIMEOUT_MS": str(SESSION_MS),
        "GARBO_TRANSACTION_TIMEOUT_MS": str(TRANSACTION_MS),
        **({BUG: wanted.bug} if wanted.bug else {}),
        **wanted.environment,
    }
    fleet = Fleet(WorkerCommand(program(), ("--policy", str(policy)), environment, folder, code), wanted.workers + 1)
    inputs = Inputs(kafka, wanted.partitions)
    feeder = Feeder(kafka, traffic, wanted.events, wanted.rate)
    dice = Random(f"chaos/run/{wanted.seed}")
    bench = Bench(kafka, broker, fleet, feeder, inputs, schemas, policy, folder, wanted.workers, dice)
    try:
        fleet.begin(range(wanted.workers))
        for slot in range(wanted.workers):
            bench.await_ready(slot, 90.0)
        yield bench
    finally:
        feeder.stop()
        fleet.abandon()
        inputs.close()


def _inject_faults(bench: Bench, wanted: RunOptions) -> None:
    feeder, faults = bench.feeder, wanted.faults
    feeder.start()
    for number, fault in enumerate(faults):
        bench.coming = faults[number + 1 :]
        feeder.allow(fault.mark)
        feeder.await_sent(fault.mark, _FEED_S)
        following = bench.coming[0].mark if bench.coming else int(LAST * wanted.events)
        feeder.allow(share(fault.mark, following, feeder.sent), trickle_to=int(END * wanted.events))
        before = len(bench.watches)
        if not _inject(bench, fault):
            bench.recovered()
            _inject(bench, fault)
        bench.recovered()
        took = ", ".join(f"{watch.took or 0.0:.1f} s" for watch in bench.watches[before:])
        bench.say(f"{number + 1}/{len(faults)} {fault}: recovered in {took or '-'}")


def share(mark: int, following: int, sent: int) -> int:
    """The number of messages up to which traffic is spread out over a fault: the next fault's mark.

    If the trickle of earlier slow faults is already near or beyond it, add half the distance between two marks: no
    fault may occur without load.
    """
    return max(following, sent + (following - mark) // 2)


def _inject(bench: Bench, fault: Fault) -> bool:
    """Inject a fault; False if it did not occur and may be tried again."""
    try:
        KINDS[fault.kind](bench, fault)
        bench.done[fault.kind] += 1
    except Missed as problem:
        bench.missed.append(f"{fault}: {problem}")
        return False
    except TimeoutError as problem:
        bench.missed.append(f"{fault}: {problem}")
    except Exception as problem:  # noqa: BLE001  # a run of an hour goes on, and fails at its end
        traceback.print_exc()
        bench.wrong.append(f"{fault}: {type(problem).__name__}: {problem}")
    return True


def _settle(bench: Bench, wanted: RunOptions, codec: AvroCodec) -> None:
    feeder = bench.feeder
    feeder.allow(wanted.events)
    feeder.await_sent(wanted.events, _FEED_S)
    feeder.flush(60.0)
    if feeder.refused:
        bench.wrong.append(f"the broker refused {feeder.refused} messages")
    bench.say("all is sent")
    pipeline = Pipeline(bench.kafka, codec, wanted.partitions)
    try:
        pipeline.wait_idle(_IDLE_S)
        pipeline.tick(feeder.at + _AFTER)
        pipeline.wait_idle(_IDLE_S)
    except BrokerError as problem:
        bench.wrong.append(f"not idle in the end: {problem}")
    finally:
        pipeline.close()


def _copied(to: Path) -> Path:
    for name in ("src", "schemas", "examples", "tests/chaos"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/__init__.py", "tests/brokers.py"):
        shutil.copy(ROOT / name, to / name)
    return to


def _keep(where: Path, folder: Path, broker: MavenKafka) -> None:
    _copy_logs(folder, where)
    broker.stop()
    shutil.copytree(broker.directory, where / "kafka", dirs_exist_ok=True)


def _copy_logs(folder: Path, where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("worker-*.log"):
        shutil.copy(log, where / log.name)


def commit() -> str:
    """The tested commit, with a plus if the code differs from it."""
    if given := os.environ.get("CHAOS_COMMIT"):
        return given

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "src", "schemas", "examples")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + ("+" if changed else "")
