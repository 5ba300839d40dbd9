"""The report of a replay: inputs, outputs, model quality, speed, and losses."""

import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from garbo import __version__
from garbo.replay.feed import Sent
from garbo.replay.tally import Tally

_DIGITS: Final = 4
Data: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """The settings of the replay. rate: events a second; startup_s: seconds until the worker was ready."""

    source: str
    rows: int
    broker: str
    partitions: int
    in_flight: int
    rate: float | None
    profiling_share: float
    cores: int
    startup_s: float


def problems(sent: Sent, tally: Tally) -> list[str]:
    """What was lost or repeated, in sentences; empty if every message has exactly one decision or dead letter."""
    counts, found = tally.counts, []
    if missing := sent.messages - sent.ended:
        some = ", ".join(sent.unanswered[:3])
        found.append(f"{missing} messages have neither a decision nor a dead letter: {some}")
    if sent.repeated:
        found.append(f"{sent.repeated} messages have more than one decision or dead letter")
    if counts.lost:
        found.append(f"{counts.lost} records were dropped by the broker before they were read")
    if tally.unmatched_commands:
        found.append(f"{tally.unmatched_commands} decisions have no command, or commands no decision")
    if tally.unlearnt:
        found.append(f"{tally.unlearnt} examples are in no model")
    return found


def data(run: Run, sent: Sent, tally: Tally, family: str) -> Data:
    """The whole report as JSON types."""
    counts, latencies = tally.counts, sorted(sent.latencies)
    model, drift = counts.models.get(family), tally.drift(family)
    figures = model.progressive if model else None
    return {
        "source": run.source,
        "broker": run.broker,
        "partitions": run.partitions,
        "in_flight": run.in_flight,
        "rate": run.rate,
        "profiling_share": run.profiling_share,
        "policy": sorted(counts.policies),
        "garbo": __version__,
        "commit": commit(),
        "cores": run.cores,
        "rows": run.rows,
        "events_sent": sent.messages,
        "ticks": sent.ticks,
        "decisions": counts.dispositions.total(),
        "dispositions": _sorted(counts.dispositions),
        "decisions_by_timer": counts.timers,
        "decisions_by_model": counts.model_scored,
        "chosen": _sorted(Counter({name or "(silence)": n for name, n in counts.chosen.items()})),
        "commands": counts.commands.total(),
        "commands_by_channel": _sorted(_by_channel(counts.commands)),
        "commands_by_action": {f"{c} {a}": n for (c, a), n in sorted(counts.commands.items())},
        "riders": _sorted(counts.riders),
        "held_back": _sorted(counts.held_back),
        "dead_letters": {f"{processor} {reason}": n for (processor, reason), n in sorted(counts.dead_letters.items())},
        "examples": _sorted(counts.examples),
        "learnt": counts.learnt,
        "family": family,
        "model": model.version if model else None,
        "auc": _rounded(figures.auc if figures else None),
        "log_loss": _rounded(figures.log_loss if figures else None),
        "running_mean_auc": _rounded(drift.auc if drift else None),
        "running_mean_log_loss": _rounded(drift.log_loss if drift else None),
        "seconds": round(sent.seconds, 1),
        "startup_seconds": round(run.startup_s, 1),
        "events_per_second": round(sent.messages / sent.seconds) if sent.seconds else 0,
        "fastest_events_per_second": round(sent.fastest),
        "latency_ms": {f"p{share}": _quantile(latencies, share / 100) for share in (50, 90, 99)},
        "problems": problems(sent, tally),
    }


def markdown(found: Data) -> str:
    """The report as Markdown."""
    rate = f"at most {found['rate']:.0f} events/s" if isinstance(found["rate"], float) else "no rate limit"
    latency = found["latency_ms"]
    policies, fastest = found["policy"], found["fastest_events_per_second"]
    assert isinstance(latency, dict)
    assert isinstance(policies, list)
    lines = [
        f"# Replay of {found['source']}",
        "",
        *_table(
            ("run", ""),
            {
                "Broker": found["broker"],
                "Partitions": found["partitions"],
                "Fed": f"{rate}, at most {found['in_flight']} events in flight",
                "Profiling consent": f"{found['profiling_share']:.0%} of the persons",
                "Policy": ", ".join(policies),
                "Garbo": f"{found['garbo']}, commit {found['commit']}",
                "Machine": f"{found['cores']} cores, shared by feeder, worker and broker",
            },
        ),
        *_table(
            ("what", "count"),
            {
                "Rows": found["rows"],
                "Events sent": found["events_sent"],
                "Clock ticks sent": found["ticks"],
                "Decisions recorded": found["decisions"],
                "... of which started by a timer": found["decisions_by_timer"],
                "... of which scored by a learnt model": found["decisions_by_model"],
                "Commands": found["commands"],
                "Dead letters": sum(_counts(found["dead_letters"]).values()),
                "Learning examples": sum(_counts(found["examples"]).values()),
                "... of which learnt": found["learnt"],
            },
        ),
        *_table(("commands by channel", "count"), _counts(found["commands_by_channel"])),
        *_table(("commands by action", "count"), _counts(found["commands_by_action"])),
        *_table(("decided events by chosen action", "count"), _counts(found["chosen"])),
        *_table(("candidates held back, by first reason", "count"), _counts(found["held_back"])),
        *_table(("dead letters by processor and reason", "count"), _counts(found["dead_letters"])),
        *_table(
            (f"acceptance model {found['family']}", "progressive AUC", "progressive log loss"),
            {
                str(found["model"]): (found["auc"], found["log_loss"]),
                "running mean (no features)": (found["running_mean_auc"], found["running_mean_log_loss"]),
            },
        ),
        *_table(
            ("speed", ""),
            {
                "Events": f"{found['events_per_second']:,}/s over {found['seconds']} s",
                **({"... in the fastest ten seconds": f"{fastest:,}/s"} if fastest else {}),
                "From sending to the decision read": ", ".join(f"{k} {v:,.0f} ms" for k, v in latency.items()),
                "Worker ready after": f"{found['startup_seconds']} s",
            },
        ),
    ]
    wrong = found["problems"]
    assert isinstance(wrong, list)
    if wrong:
        lines += ["**Something was lost:**", "", *(f"- {problem}" for problem in wrong)]
    else:
        lines += [f"Nothing was lost: each of the {found['events_sent']:,} events has one decision or dead letter."]
    return "\n".join(lines) + "\n"


def commit() -> str:
    """The commit of this checkout, with "+" if files differ from it; "unknown" outside a checkout."""
    folder = Path(__file__).parent
    try:
        command = ("git", "-C", str(folder), "describe", "--always", "--abbrev=10", "--dirty=+", "--exclude=*")
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _table(head: tuple[str, ...], rows: Mapping[str, object]) -> list[str]:
    """A Markdown table with aligned columns, readable in a terminal as well; no lines if there are no rows."""
    if not rows:
        return []
    cells = [head, *((name, *map(_cell, v if isinstance(v, tuple) else (v,))) for name, v in rows.items())]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    numeric = all(not isinstance(v, str) for v in rows.values())
    pads = [str.rjust if numeric and column else str.ljust for column in range(len(head))]
    aligned = [[pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)] for row in cells]
    lines = [f"| {' | '.join(row)} |" for row in aligned]
    rule = "|" + "|".join("-" * (w + 1) + (":" if numeric and n else "-") for n, w in enumerate(widths)) + "|"
    return [lines[0], rule, *lines[1:], ""]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _counts(value: object) -> dict[str, int]:
    assert isinstance(value, dict)
    return value


def _by_channel(commands: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (channel, _), n in commands.items():
        found[channel] += n
    return found


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _quantile(ordered: list[float], share: float) -> float:
    """Seconds -> the quantile in milliseconds; 0 for an empty list."""
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000, 1) if ordered else 0.0
