"""Debian's Chromium, to look at pages as people do. `python -m tests.chromium` takes the screenshot of the docs."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = {
    ROOT / "examples/bpi2012/report.html": ROOT / "docs/journey-report.png",
    ROOT / "docs/journey-report-bank.html": ROOT / "docs/journey-report-bank.png",
}
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1")


def chromium() -> str | None:
    """The program; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def run(page: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Chromium's word on `page`: what it says on the console is in stderr. folder: for its profile."""
    program = chromium()
    assert program is not None
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [program, *_OPTIONS, profile, "--enable-logging=stderr", *options, page.resolve().as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)


def screenshot(page: Path, picture: Path, folder: Path, height: int, width: int = 1280) -> str:
    """Write a picture of the top of `page`; returns what the browser logged."""
    return run(page, folder, f"--window-size={width},{height}", f"--screenshot={picture}").stderr


def main() -> None:
    import tempfile

    for page, picture in DOCS.items():
        with tempfile.TemporaryDirectory() as folder:
            screenshot(page, picture, Path(folder), 1060)
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
