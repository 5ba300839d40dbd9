"""A folder, a mapping of texts or a packed document -> `Policy`, or all errors at once."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.nearest import did_you_mean, nearest
from garbo.errors import PolicyError
from garbo.policy import yaml_reader
from garbo.policy.build.files import Files
from garbo.policy.build.policy import build
from garbo.policy.folder import read_folder
from garbo.policy.lint.models import CheckModel
from garbo.policy.lint.policy import lint
from garbo.policy.partial import Rest, reliable, valid_part
from garbo.policy.problems import MOST, Problem, Report
from garbo.policy.schema import documents
from garbo.policy.sentences import sentence, without_echoes


def load(folder: Path) -> Policy:
    """The policy in `folder`. Raises `PolicyError` with all errors."""
    return load_text(_text_of_folder(folder))


def load_text(texts: Mapping[str, str]) -> Policy:
    """The policy in `texts` (file name -> text). Raises `PolicyError` with all errors."""
    policy, report = inspect(texts)
    if policy is None:
        raise PolicyError("\n".join([f"the policy has {report.counted}:", *map(str, report.errors)]))
    return policy


def inspect(
    source: Mapping[str, str] | Path, today: date | None = None, check_model: CheckModel | None = None
) -> tuple[Policy | None, Report]:
    """The policy (None if it has errors), and a report of all errors and warnings.

    today: what is over by then is a warning; None: nothing is. check_model: raises `PolicyError` for a model whose
    estimator or parameters the installation does not know; None: they are not checked.
    """
    report = Report()
    unread: set[str] = set()
    if isinstance(source, Path):
        try:
            texts, report.problems = read_folder(source)
        except PolicyError as error:
            report.problems.append(Problem("", 0, str(error)))
            return None, report
        unread = {problem.file for problem in report.problems}
    else:
        texts = dict(source)
    texts = {name: _plain(text) for name, text in texts.items()}
    for name in sorted(texts.keys() - documents.FILES.keys()):
        report.problems.append(Problem(name, 0, f"not a file of a policy{did_you_mean(name, documents.FILES)}"))
        unread.add(nearest(name, documents.FILES))
    sources: dict[str, yaml_reader.Document] = {}
    given: dict[str, Rest] = {}
    for name in documents.FILES:
        if name in texts:
            _parse(name, texts[name], sources, given, report)
        elif name in documents.OPTIONAL:
            given[name] = Rest(documents.FILES[name]())
        elif name not in unread:
            report.problems.append(Problem(name, 0, "the file is missing: add it to the policy folder"))
    parts = [rest.part for rest in given.values() if rest.part is not None]
    if len(parts) < len(documents.FILES):
        return None, report
    files = Files._make(parts)  # FILES and Files have the same order; a test checks that
    rules, findings, more = lint(files, today, check_model)
    report.cut = report.cut or more
    for finding in reliable(findings, given):
        line = sources[finding.file].line(given[finding.file].place(finding.path))
        report.problems.append(Problem(finding.file, line, finding.message, finding.fatal))
    if report.errors:
        return None, report
    return build(version_of(texts), files, rules), report


def bundle(folder: Path) -> bytes:
    """The folder as one document for the topic policy-versions: the same texts give the same bytes on any machine.

    Raises:
        PolicyError: a file cannot be read.
    """
    return _pack(_text_of_folder(folder))


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


def _text_of_folder(folder: Path) -> dict[str, str]:
    """The texts of `folder`. Raises `PolicyError` if one of them cannot be read."""
    texts, wrong = read_folder(folder)
    if wrong:
        raise PolicyError("\n".join(map(str, wrong)))
    return texts


def _parse(
    name: str, text: str, sources: dict[str, yaml_reader.Document], given: dict[str, Rest], report: Report
) -> None:
    """Read one file into `given`, without its faulty entries; nothing if too little of it is valid."""
    try:
        source = sources[name] = yaml_reader.read(text)
    except yaml_reader.YamlProblem as problem:
        report.problems.append(Problem(name, problem.line, problem.message))
        return
    data = {} if source.data is None and name in documents.OPTIONAL else source.data
    if data is None:
        first = next(iter(documents.FILES[name].model_fields))
        report.problems.append(Problem(name, 0, f"the file is empty: begin with '{first}:'"))
        return
    try:
        given[name] = Rest(documents.FILES[name].model_validate(data))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        if len(errors) > MOST:  # what is right beside so many is not looked at
            report.cut, errors = True, errors[:MOST]
        for details in without_echoes(errors, name):
            report.problems.append(Problem(name, source.line(details["loc"]), sentence(name, details)))
        given[name] = Rest() if report.cut else valid_part(documents.FILES[name], data, errors)
