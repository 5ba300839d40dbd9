"""`python -m tests.fuzz [MESSAGES] [--skip-atheris]`: every engine, each in a process of its own, then one report.

At least MESSAGES by Hypothesis and at least as many by atheris (half as choices, half as bytes). Exit code 1 if a
promise was broken, 2 if an engine could not run. `--markdown FILE` writes the report as in docs/fuzzing.md.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fuzz.tally import Tally

# The longest average time of a message on a busy machine; an engine that needs more counts as hanging.
SECONDS_A_MESSAGE = 0.02
ROOT = Path(__file__).resolve().parents[2]


def engines(messages: int) -> dict[str, tuple[str, int]]:
    half = (messages + 1) // 2
    return {
        "hypothesis": ("tests.fuzz.hypothesis_engine", messages),
        "atheris, choices": ("tests.fuzz.atheris_choices", half),
        "atheris, bytes": ("tests.fuzz.atheris_bytes", half),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Hostile messages by Hypothesis and by atheris.")
    parser.add_argument(
        "messages", type=int, nargs="?", default=100_000, help="messages by each engine, at least; default 100000"
    )
    parser.add_argument("--skip-atheris", action="store_true", help="run Hypothesis only")
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed of every engine; default 0: a new one each time"
    )
    parser.add_argument("--markdown", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    if find_spec("atheris") is None and not arguments.skip_atheris:
        print("atheris is not installed: run `make fuzz`, which installs it, or add --skip-atheris")
        return 2
    tally, summaries, worst = Tally(), [], 0
    for name, (module, count) in engines(arguments.messages).items():
        if name.startswith("atheris") and arguments.skip_atheris:
            continue
        options = [f"-seed={arguments.seed}"] if name.startswith("atheris") else [f"--seed={arguments.seed}"]
        print(f"== {name}: {count:,} messages", flush=True)
        found, code, reached = _run(module, count, options)
        worst = max(worst, 1 if code else 0)
        summaries.append(found.get("summary", f"{name}: NO REPORT, exit code {code}") + reached)
        tally.add([((t, o, r), n) for t, o, r, n in found.get("ends", ())], found.get("slowest", {}))
    lines = [*(f"- {line}" for line in summaries), "", *tally.table()]
    print("\n== all engines\n" + "\n".join(lines))
    if arguments.markdown is not None:
        arguments.markdown.write_text("\n".join(lines) + "\n", "utf-8")
    return worst


def _run(module: str, count: int, options: list[str]) -> tuple[dict[str, Any], int, str]:
    """The engine's report, its exit code, and the coverage that libFuzzer reports."""
    with tempfile.TemporaryDirectory() as folder:
        report, errors = Path(folder) / "report.json", Path(folder) / "stderr"
        where = [str(report), f"-artifact_prefix={folder}/"] if "atheris" in module else ["--json", str(report)]
        command = [sys.executable, "-m", module, str(count), *where, *options]
        with errors.open("wb") as stderr:
            try:
                done = subprocess.run(
                    command, cwd=ROOT, stderr=stderr, timeout=60 + count * SECONDS_A_MESSAGE, check=False
                )
                code = done.returncode
            except subprocess.TimeoutExpired:
                print(f"{module} hung")
                code = 1
        log = errors.read_text("utf-8", "replace")
        if code:
            print(log[-4_000:])
        matches = re.findall(r"cov: (\d+) ft: (\d+)", log)
        reached = f", {int(matches[-1][0]):,} edges and {int(matches[-1][1]):,} features reached" if matches else ""
        found: dict[str, Any] = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return found, code, reached


if __name__ == "__main__":
    sys.exit(main())
