"""Checks of feedback.yaml: its week, and stages where there is something to weigh."""

from garbo.policy.build.files import Files
from garbo.policy.names import FEEDBACK, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.journey import StagePart


def lint(files: Files, names: Names) -> Findings:
    given, journeys = files.feedback, files.journey.journeys
    if given.weights and not given.version:
        message = "weights without a version: add the ISO week of their last step, such as version: 2026-W48"
        yield Finding(FEEDBACK, ("weights",), message, absence=True)
    for journey, stages in given.weights.items():
        path = ("weights", journey)
        yield from check_name(FEEDBACK, path, "journey", journey, journeys)
        if journey not in journeys:
            continue
        known = journeys[journey].stages
        yield from check_names(FEEDBACK, path, "stage", stages, known)
        for stage in stages:
            if stage in known:
                yield from _advanced((*path, stage), journey, stage, known[stage], files, names)


def _advanced(path: Path, journey: str, stage: str, part: StagePart, files: Files, names: Names) -> Findings:
    if not part.advance:
        message = f"'{stage}' of {journey} has no advance, so there is nothing to weigh: add advance, or remove it here"
        yield Finding(FEEDBACK, path, message)
        return
    known = [files.actions.actions[name] for name in part.advance if name in names.actions]
    if known and not any(action.action_class == "marketing" for action in known):
        message = (
            f"no action that advances '{stage}' of {journey} is of the class marketing, and only that is weighed: "
            "remove it here"
        )
        yield Finding(FEEDBACK, path, message)
