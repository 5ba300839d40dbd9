"""`python -m tests.fuzz [MESSAGES] [--skip-atheris]`: every engine, each in a process of its own, then one report.

At least MESSAGES by Hypothesis and at least as many by atheris (half tapes, half bytes). Exit code 1 when a promise
was broken, 2 when an engine could not run. `--markdown FILE` keeps the report as docs/fuzzing.md has it.
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

# Longest an engine may take for a message, on a busy machine, before it counts as hanging.
SECONDS_A_MESSAGE = 0.02
ROOT = Path(__file__).resolve().parents[2]


def engines(messages: int) -> dict[str, tuple[str, int]]:
    half = (messages + 1) // 2
    return {
        "hypothesis": ("tests.fuzz.hypothesis_engine", messages),
        "atheris, tapes": ("tests.fuzz.atheris_tape", half),
        "atheris, bytes": ("tests.fuzz.atheris_bytes", half),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Hostile messages by Hypothesis and by atheris.")
    parser.add_argument("messages", type=int, nargs="?", default=100_000, help="at least so many by each (100000)")
    parser.add_argument("--skip-atheris", action="store_true", help="Hypothesis alone")
    parser.add_argument("--seed", type=int, default=0, help="of every engine; 0: another each time")
    parser.add_argument("--markdown", type=Path, help="write the report here, too")
    told = parser.parse_args()
    if find_spec("atheris") is None and not told.skip_atheris:
        print("atheris is not installed: make fuzz installs it; or say --skip-atheris")
        return 2
    tally, said, worst = Tally(), [], 0
    for name, (module, count) in engines(told.messages).items():
        if name.startswith("atheris") and told.skip_atheris:
            continue
        options = [f"-seed={told.seed}"] if name.startswith("atheris") else [f"--seed={told.seed}"]
        print(f"== {name}: {count:,} messages", flush=True)
        found, code, reached = _run(module, count, options)
        worst = max(worst, 1 if code else 0)
        said.append(found.get("said", f"{name}: NO REPORT, exit code {code}") + reached)
        tally.add([((t, o, r), n) for t, o, r, n in found.get("ends", ())], found.get("slowest", {}))
    lines = [*(f"- {line}" for line in said), "", *tally.table()]
    print("\n== all engines\n" + "\n".join(lines))
    if told.markdown is not None:
        told.markdown.write_text("\n".join(lines) + "\n", "utf-8")
    return worst


def _run(module: str, count: int, options: list[str]) -> tuple[dict[str, Any], int, str]:
    """The engine's report, its exit code, and how much of Garbo libFuzzer saw reached."""
    with tempfile.TemporaryDirectory() as folder:
        report, heard = Path(folder) / "report.json", Path(folder) / "stderr"
        where = [str(report), f"-artifact_prefix={folder}/"] if "atheris" in module else ["--json", str(report)]
        command = [sys.executable, "-m", module, str(count), *where, *options]
        with heard.open("wb") as stderr:
            try:
                done = subprocess.run(
                    command, cwd=ROOT, stderr=stderr, timeout=60 + count * SECONDS_A_MESSAGE, check=False
                )
                code = done.returncode
            except subprocess.TimeoutExpired:
                print(f"{module} hung")
                code = 1
        said = heard.read_text("utf-8", "replace")
        if code:
            print(said[-4_000:])
        reached = re.findall(r"cov: (\d+) ft: (\d+)", said)
        told = f", {int(reached[-1][0]):,} edges and {int(reached[-1][1]):,} features reached" if reached else ""
        found: dict[str, Any] = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return found, code, told


if __name__ == "__main__":
    sys.exit(main())
