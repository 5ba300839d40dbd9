"""python -m tests.golden.histories.accept [NAME ...]: take the decisions of today as right, after reading the diff."""

import sys

from tests.golden.histories.history import FOLDER, decisions, names


def main(chosen: list[str]) -> None:
    for name in chosen or names():
        path, now = FOLDER / f"{name}.decisions", decisions(name)
        if not path.exists() or path.read_text("utf-8") != now:
            path.write_text(now, "utf-8")
            print(f"{path.name}: changed; read `git diff {path}` before you commit")


if __name__ == "__main__":
    main(sys.argv[1:])
