"""The conditions of journey.yaml: when a journey starts and ends, and who is in a segment.

They may not read behaviour or special-category data: a segment is frozen, and stands in every figure about the person.
"""

from collections.abc import Iterator

from garbo.policy.build.files import Files, Rules
from garbo.policy.build.journeys import OF_JOURNEY, OF_SEGMENTS
from garbo.policy.cel import RuleError, compile_rule
from garbo.policy.cel_words import BEHAVIOUR, Scope
from garbo.policy.names import JOURNEY
from garbo.policy.problems import Finding, Findings, Path


def lint(known: Scope, files: Files, rules: Rules) -> Findings:
    """Compile the conditions into `rules`."""
    sensitive = {name for name, a in files.attributes.attributes.items() if a.sensitive}
    for path, owner, name, text in _written(files):
        try:
            rule = compile_rule(text, known)
        except RuleError as error:
            yield Finding(JOURNEY, path, f"{'.'.join(map(str, path))}: {error}", certain=True)
            continue
        rules[owner, name] = rule
        for read in sorted(rule.reads):
            if read in BEHAVIOUR:
                message = f"{'.'.join(map(str, path))}: '{read}' is behaviour, which no condition of a journey may read"
                yield Finding(JOURNEY, path, f"{message}: use what the person is")
            elif read in sensitive:
                message = f"{'.'.join(map(str, path))}: '{read}' is special-category data: use something else"
                yield Finding(JOURNEY, path, message)


def _written(files: Files) -> Iterator[tuple[Path, str, str, str]]:
    """Where each condition stands, its place among the rules, and its text."""
    for name, part in files.journey.journeys.items():
        for field, text in (("enter", part.enter), ("exit", part.exit)):
            if text:
                yield ("journeys", name, field), OF_JOURNEY.format(name), field, text
    for name, text in files.journey.segments.items():
        yield ("segments", name), OF_SEGMENTS, name, text
