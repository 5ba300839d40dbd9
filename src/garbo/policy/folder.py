"""The files of a policy's folder as texts. What cannot be read is a problem of that file; the others are read."""

from pathlib import Path

from garbo.errors import PolicyError
from garbo.policy.problems import Problem
from garbo.policy.schema.documents import FILES
from garbo.policy.yaml_reader import MAX_BYTES


def read_folder(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """File name -> text, and a problem for each file that cannot be read.

    Raises:
        PolicyError: there is no such folder.
    """
    if folder.is_file():
        raise PolicyError(f"{folder} is a file; give the folder that holds policy.yaml")
    if not folder.is_dir():
        raise PolicyError(f"{folder}: there is no such folder; give the folder that holds policy.yaml")
    texts: dict[str, str] = {}
    wrong = []
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml")):
        if path.is_dir():
            if path.name in FILES:
                wrong.append(Problem(path.name, 0, "this is a folder; it must be a file: move the folder away"))
            continue
        try:
            if path.stat().st_size > MAX_BYTES:
                wrong.append(Problem(path.name, 0, f"larger than {MAX_BYTES // 1024} KiB; shorten it"))
                continue
            texts[path.name] = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            wrong.append(Problem(path.name, line, f"byte {error.start} is not UTF-8; save the file as UTF-8"))
        except OSError as error:
            wrong.append(Problem(path.name, 0, f"cannot be read ({error.strerror}); check its permissions"))
    return texts, wrong
