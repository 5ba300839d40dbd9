"""The wheel has every policy of examples/, and `garbo new` finds them there, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
POLICIES = sorted(path.parent.name for path in EXAMPLES.glob("*/policy.yaml"))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, as an installation has them."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*build, "-w", str(folder), str(ROOT)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    site = folder / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    return site


def test_every_file_of_the_examples_is_in_the_wheel(unpacked: Path) -> None:
    here = {p.relative_to(EXAMPLES) for p in EXAMPLES.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    there = unpacked / "garbo" / "examples"
    assert here == {path.relative_to(there) for path in there.rglob("*") if path.is_file()}


def test_new_and_check_run_from_the_wheel_alone(unpacked: Path, tmp_path: Path) -> None:
    def garbo(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(unpacked)}
        command = [sys.executable, "-m", "garbo.cli", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)

    listed = garbo("new")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == POLICIES
    for name in POLICIES:
        made = garbo("new", name, "--from", name)
        assert (made.returncode, made.stderr) == (0, "")
        assert garbo("check", name).returncode == 0
