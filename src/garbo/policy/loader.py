"""A folder, a mapping of texts or a packed document -> `Policy`, or all errors at once."""

import json
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import PolicyError
from garbo.policy import yaml_reader
from garbo.policy.build.files import Files
from garbo.policy.build.policy import build
from garbo.policy.lint.policy import lint
from garbo.policy.partial import reliable, valid_part
from garbo.policy.problems import Problem, Report
from garbo.policy.schema import documents
from garbo.policy.schema.actions import RENAMED
from garbo.policy.schema.units import Part


def load(folder: Path) -> Policy:
    """The policy in `folder`. Raises `PolicyError` with all errors."""
    return load_text(_read_folder(folder))


def load_text(texts: Mapping[str, str]) -> Policy:
    """The policy in `texts` (file name -> text). Raises `PolicyError` with all errors."""
    policy, report = inspect(texts)
    if policy is None:
        errors = report.errors
        raise PolicyError(
            "\n".join([f"the policy has {len(errors)} error{'s' * (len(errors) > 1)}:", *map(str, errors)])
        )
    return policy


def inspect(source: Mapping[str, str] | Path) -> tuple[Policy | None, Report]:
    """The policy (None if it has errors), and a report of all errors and warnings."""
    report = Report()
    try:
        texts = _read_folder(source) if isinstance(source, Path) else source
    except PolicyError as error:
        report.problems += [Problem(*_split(line)) for line in str(error).splitlines()]
        return None, report
    texts = {name: _plain(text) for name, text in texts.items()}
    sources: dict[str, yaml_reader.Document] = {}
    given: dict[str, Part] = {}
    lost: set[str] = set()
    for name in texts:
        if name not in documents.FILES:
            report.problems.append(Problem(name, 0, f"not a file of a policy{did_you_mean(name, documents.FILES)}"))
    for name in documents.FILES:
        if name not in texts and name in documents.OPTIONAL:
            given[name] = documents.FILES[name]()
            continue
        if name not in texts:
            report.problems.append(Problem(name, 0, "the file is missing: add it to the policy folder"))
            continue
        lost |= _parse(name, texts[name], sources, given, report)
    if len(given) < len(documents.FILES):
        return None, report
    files = Files._make(given.values())  # FILES and Files have the same order; a test checks that
    rules, findings = lint(files)
    for finding in reliable(findings, frozenset(lost)):
        line = sources[finding.file].line(finding.path)
        report.problems.append(Problem(finding.file, line, finding.message, finding.fatal))
    if report.errors:
        return None, report
    return build(version_of(texts), files, rules), report


def bundle(folder: Path) -> bytes:
    """The folder as one document for the topic policy-versions: the same texts give the same bytes on any machine.

    Raises:
        PolicyError: a file cannot be read.
    """
    return _pack(_read_folder(folder))


def from_bundle(raw: bytes) -> Policy:
    """The policy packed by `bundle`. Raises `PolicyError` with all errors."""
    return load_text(texts_of(raw))


def texts_of(raw: bytes) -> dict[str, str]:
    """The texts packed by `bundle`. Raises `PolicyError` if `raw` is not a packed policy."""
    try:
        texts = json.loads(raw)
    except (ValueError, RecursionError):
        raise PolicyError("the policy document is not JSON; publish it again with `garbo policy publish`") from None
    if not isinstance(texts, dict) or not all(isinstance(t, str) for t in texts.values()):
        raise PolicyError("the policy document must map file names to texts; publish it with `garbo policy publish`")
    return texts


def version_of(texts: Mapping[str, str]) -> str:
    """12 hexadecimal characters of the texts' hash: enough to distinguish policies, short enough to read."""
    return blake2b(_pack(texts), digest_size=6).hexdigest()


def _pack(texts: Mapping[str, str]) -> bytes:
    plain = {name: _plain(text) for name, text in texts.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _plain(text: str) -> str:
    """The text without byte order mark and with plain line ends: both depend on the editor, not on the policy."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _read_folder(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise PolicyError(f"{folder}: there is no such folder; give the folder that holds policy.yaml")
    texts, wrong = {}, []
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file()):
        if path.stat().st_size > yaml_reader.MAX_BYTES:
            wrong.append(f"{path.name}: larger than {yaml_reader.MAX_BYTES // 1024} KiB; shorten it")
            continue
        try:
            texts[path.name] = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            wrong.append(f"{path.name}: byte {error.start} is not UTF-8; save the file as UTF-8")
        except OSError as error:
            wrong.append(f"{path.name}: cannot be read ({error.strerror}); check its permissions")
    if wrong:
        raise PolicyError("\n".join(wrong))
    return texts


def _split(line: str) -> tuple[str, int, str]:
    file, _, message = line.partition(": ")
    return file, 0, message


def _parse(
    name: str, text: str, sources: dict[str, yaml_reader.Document], given: dict[str, Part], report: Report
) -> frozenset[str]:
    """Read one file into `given`; returns the names of its faulty entries, which are left out."""
    try:
        source = sources[name] = yaml_reader.read(text)
    except yaml_reader.YamlProblem as problem:
        report.problems.append(Problem(name, problem.line, problem.message))
        return frozenset()
    data = source.data if source.data is not None else {}
    try:
        given[name] = documents.FILES[name].model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        report.problems += [Problem(name, source.line(e["loc"]), _sentence(name, e)) for e in errors]
        rest, lost = valid_part(documents.FILES[name], data, errors)
        if rest is not None:
            given[name] = rest
        return lost
    return frozenset()


def _sentence(file: str, details: ErrorDetails) -> str:
    """Pydantic's error as a sentence that names the place of the value."""
    loc = [str(part) for part in details["loc"]]
    kind, last = details["type"], loc[-1] if loc else ""
    if kind == "extra_forbidden" and last in RENAMED and file == "actions.yaml":
        return f"unknown key '{last}': it is '{RENAMED[last]}' now"
    if kind == "extra_forbidden":
        return f"unknown key '{last}'{did_you_mean(last, keys(file))}"
    if kind == "missing":
        return f"{'.'.join(loc[:-1]) or file}: the key '{last}' is missing: add it"
    if "[key]" in loc:
        return f"the name '{loc[-2]}' must be lower-case letters, digits and _, starting with a letter"
    message = details["msg"][0].lower() + details["msg"][1:]
    return f"{'.'.join(loc) or file}: {message}"


@cache
def keys(file: str) -> frozenset[str]:
    """Every key that is valid somewhere in `file`."""
    schema = documents.FILES[file].model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    parts += [either for part in parts for either in part.get("anyOf", ())]
    return frozenset(key for part in parts for key in part.get("properties", {}))
