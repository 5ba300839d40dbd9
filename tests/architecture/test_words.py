"""One word for one thing: a word that was replaced does not come back, and every word we use is in docs/glossary.md.

`REPLACED` is the table: the old word, the new one, and where the old one counts. `ENGLISH` are the phrases this house
does not write. A new word of the product is one line in `VOCABULARY` and one sentence in the glossary.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import typer.main

from garbo.adapters.observability.metrics import Metrics
from garbo.cli import app

ROOT = Path(__file__).resolve().parents[2]


class Where:
    """Where a word counts.

    TEXT: everywhere, in code, comments, docstrings, pages and help. In any case, unless the old word has a capital.
    CODE: as a name in Python, or alone between backticks in prose: `Asked` is a class, "Asked" begins a sentence.
    PROSE: in comments, docstrings, other strings of more than one word, pages and help, in any case.
    """

    TEXT, CODE, PROSE = "text", "code", "prose"


class Replaced(NamedTuple):
    """An old word. `only`: the path must contain it; there is an ordinary use of the word elsewhere."""

    old: str  # a regular expression of whole words
    new: str
    where: str
    only: str = ""


REPLACED = (
    # the pipeline: a stage is a stage of the journey
    Replaced(r"pipeline stages?", "processor", Where.TEXT),
    Replaced(r"(?:resolve|decide|learn)(?:['’]s)? stages?", "processor", Where.PROSE),
    Replaced(r"stages? `?(?:resolve|decide|learn)`?", "processor", Where.PROSE),
    Replaced(r"--stage", "--processor", Where.TEXT),
    Replaced(r"(?:a|the|one|each|every|this|which|its) stages?(?:['’]s)? (?:table|rows?|topics?|apps?)", "processor",
             Where.PROSE),
    *(
        Replaced(r"stages?", "processor", Where.TEXT, only)
        for only in (
            "src/garbo/runtime/",
            "src/garbo/faust_host/",
            "src/garbo/bootstrap/",
            "src/garbo/embedded/",
            # decision_metrics.py is about stages of the journey
            *(f"src/garbo/adapters/observability/{name}.py"
              for name in ("document", "health", "http_server", "logs", "metrics", "series", "specs")),
            "src/garbo/adapters/state/",
            "src/garbo/cli/run.py",
            "docs/guards.md",
            "docs/metrics.md",
        )
    ),
    Replaced(r"Stage(?:s|Settings|App|Observer|Host)?", "Processor...", Where.CODE, "src/"),
    # values that travel
    Replaced(r"Record", "ConsumerRecord or DecisionRecord", Where.CODE),
    Replaced(r"Undecodable", "Rejected", Where.TEXT),
    Replaced(r"Fact", "InboundMessage", Where.CODE, "src/garbo/processors/"),
    Replaced(r"News|tell_news", "BroadcastUpdate, apply_updates", Where.CODE),
    Replaced(r"Asked", "EventEffect", Where.CODE),
    Replaced(r"Moment", "DecisionContext", Where.CODE),
    Replaced(r"Passed", "GateResult", Where.CODE),
    Replaced(r"Done", "ExecutionResult", Where.CODE),
    Replaced(r"Means|Found|Judged", "ReplayInputs, ReplayResult, InvariantResult", Where.CODE),
    Replaced(r"spare|aged", "unmatched, truncated", Where.CODE, "src/garbo/audit/"),
    # the runtime
    Replaced(r"Part(?:y|ies)Table", "StateTable", Where.TEXT),
    Replaced(r"party_table", "state_table", Where.TEXT),
    Replaced(r"UnitOfWork|unit_of_work", "Checkpoint", Where.TEXT),
    Replaced(r"units? of work", "checkpoint", Where.PROSE),
    Replaced(r"CommitWay|commit_way", "CommitStrategy", Where.TEXT),
    Replaced(r"_?doom(?:ed|s)?", "poison", Where.TEXT),
    Replaced(r"Pulse|Spread", "Heartbeat, Histogram", Where.CODE),
    Replaced(r"Counts", "Counter", Where.CODE, "src/garbo/adapters/observability/"),
    Replaced(r"passes", "is_transient", Where.CODE, "src/garbo/adapters/kafka/"),
    Replaced(r"patiently", "retry_until", Where.TEXT),
    Replaced(r"calm|settled", "tune_gc, freeze_gc", Where.CODE, "src/garbo/bootstrap/"),
    Replaced(r"spelt", "normalise_identifiers", Where.TEXT),
    Replaced(r"usable", "check_record", Where.CODE),
    Replaced(r"_Student|_enrol|_woken", "ModelState, attach_model, load", Where.CODE),
    # the demo
    Replaced(r"theatre", "DemoRunner", Where.TEXT),
    Replaced(r"ears", "OutputReader", Where.TEXT),
    Replaced(r"Heard", "Output", Where.CODE),
    Replaced(r"audience", "Observer", Where.TEXT),
    # modules and rooms
    Replaced(r"swift", "fast_touchpoint", Where.TEXT),
    Replaced(r"avro[./](?:wire|facts|reports|resolution|catalogue)", "primitives, inbound and outbound messages, "
             "schema_guard, schemas", Where.TEXT),
    Replaced(r"core[./](?:customer|party)[./](?:applied|arriving|bounds|understanding|journey|fold)",
             "dedup, row_check, limits, theme_detection, placement, apply_event", Where.TEXT),
    Replaced(r"core[./](?:actions|customer|feedback|catalogue)", "core/{gates,delivery,party,policy}", Where.TEXT),
    Replaced(r"topology(?:[./]\w+)*", "runtime, faust_host", Where.TEXT),
    Replaced(r"garbo[./](?:engine|checker)", "processors, audit/verify", Where.TEXT),
    Replaced(r"adapters[./](?:stores|decision_log)", "adapters/state, readmodel", Where.TEXT),
    Replaced(r"learning[./]scorers", "learning/models", Where.TEXT),
    Replaced(r"topics\.yaml", "themes.yaml", Where.TEXT),
)  # fmt: skip

ENGLISH = {
    "anew": "again, new",
    "had better": "should",
    "no news": "say what did not happen",
    "told": "say who says what to whom, as a plain verb",
    "heard": "received, read",
    "Whoever": "say who, at the beginning of a sentence",
}

# Names on the wire and on disk stay as they are, and so does the output of a program that was pasted into a page.
KEPT = re.compile(
    r"(?:`stage` in )?garbo_stage_\w+|garbo_silent_parties.*?patience|`garbo_journey_[^\n]*"
    r"|<!-- chaos -->.*?<!-- /chaos -->|As printed, on two cores.*\Z"
    r"|(?:tests/)?(?:unit|integration|e2e|contract|architecture|fuzz)/[\w/]+\.py::\w+",
    re.DOTALL,
)

VOCABULARY = {
    "business": (
        "action", "action class", "answer", "attraction", "drop-off", "narrowing", "obstacle", "relief", "ripe",
        "visit", "attribute", "attribution", "candidate", "cap", "channel", "consent",
        "contact", "contact policy", "cooldown", "customer", "dispatcher", "event", "exclusion", "exploration",
        "family", "follow-up", "household", "identifier", "intent", "interest", "journey", "ledger", "life cycle",
        "message", "need", "offer", "outcome", "party", "placeholder", "policy", "pressure", "profiling", "promise",
        "propensity", "purpose", "quiet hours", "rider", "score", "sequence", "silence", "spacing", "stage", "story",
        "suitability", "suppression", "theme", "tone", "touchpoint", "treatment", "trigger", "validity",
    ),
    "machine": (
        "alias", "at", "at least once", "broadcast topic", "BroadcastUpdate", "bug", "changelog", "Checkpoint",
        "chunk", "clock", "CommitStrategy", "ConsumerRecord", "crash point", "cut", "dead letter", "DecisionContext",
        "DecisionRecord", "deduplication", "disposition", "e-value", "effect", "effective sample size",
        "envelope", "epoch", "evaluation", "EventEffect",
        "exactly once", "ExecutionResult", "fence", "fold", "full replay", "gate", "GateResult", "golden bytes",
        "Heartbeat", "history", "identity link", "InboundMessage", "invariant", "KPI cell", "lag",
        "learning example", "marker",
        "model", "one step", "partition", "poison", "policy version", "port", "prior", "processor",
        "promotion gate", "Rejected",
        "replay", "restore", "row", "seed", "seeded bug", "slot", "snapshot", "StateTable", "timer", "topic",
        "transaction", "watchdog", "what-if", "zombie",
    ),
}  # fmt: skip


class Text(NamedTuple):
    """A file, or a piece of help, as names of code and as prose; each line with its number."""

    name: str
    code: tuple[tuple[int, str], ...]
    prose: tuple[tuple[int, str], ...]
    text: tuple[tuple[int, str], ...]


def lines(text: str) -> tuple[tuple[int, str], ...]:
    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    return tuple(enumerate(KEPT.sub(blank, text).splitlines(), 1))


def page(name: str, text: str) -> Text:
    """Prose whose names are between backticks."""
    found = lines(text)
    quoted = tuple((number, name) for number, line in found for name in re.findall(r"`([\w.()]+)`", line))
    return Text(name, quoted, found, found)


def python(path: Path) -> Text:
    """A module: its names, and its comments, docstrings and sentences."""
    source, name = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
    code: list[tuple[int, str]] = []
    prose: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            code.append((token.start[0], token.string))
        elif token.type == tokenize.COMMENT or (token.type == tokenize.STRING and " " in token.string):
            formatted = token.string[:1] in "fF"
            for offset, raw in enumerate(token.string.splitlines()):
                line = re.sub(r"\{[^{}]*\}", "{}", raw) if formatted else raw
                prose.append((token.start[0] + offset, line))
                code += ((token.start[0] + offset, name) for name in re.findall(r"`([\w.()]+)`", line))
    return Text(name, tuple(code), tuple((n, KEPT.sub("", line)) for n, line in prose), lines(source))


def helps() -> Iterator[Text]:
    """The `--help` of every command, below the name of its command."""

    def walk(command: click.Command, context: click.Context) -> Iterator[Text]:
        parts = [command.help or "", *(getattr(option, "help", "") or "" for option in command.params)]
        options = [" ".join(option.opts) for option in command.params]
        yield page(f"{context.command_path} --help", "\n".join([*parts, *options]))
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, click.Context(child, info_name=name, parent=context))

    root = typer.main.get_command(app)
    yield from walk(root, click.Context(root, info_name="garbo"))


def texts() -> list[Text]:
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy" / "README.md", ROOT / "Makefile"]
    for folder, pattern in (("docs", "*.md"), ("docs", "*.dot"), ("examples", "**/*.yaml"), ("deploy", "**/*.yml")):
        files += sorted((ROOT / folder).glob(pattern))
    found = [page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in files if path.is_file()]
    found += [python(path) for folder in ("src", "docs", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*found, *helps(), page("metrics' help", "\n".join(metrics()))]


def metrics() -> list[str]:
    """The help and the labels of every metric, as a scrape shows them."""
    found = [f"{metric.name} {metric.documentation}" for metric in Metrics().registry.collect()]
    assert len(found) > 10
    return found


TEXTS = texts()


def violations(word: Replaced) -> list[str]:
    exact = word.where == Where.CODE or word.old != word.old.lower()
    expression = re.compile(rf"(?<![\w-])(?:{word.old})(?![\w-])", 0 if exact else re.IGNORECASE)
    found = []
    for text in TEXTS:
        if word.only not in text.name:
            continue
        for number, line in getattr(text, word.where):
            if word.where == Where.CODE:
                hit = expression.fullmatch(line.removesuffix("()").rpartition(".")[2])
            else:
                hit = expression.search(line)
            if hit:
                found.append(f"{text.name}:{number}: {hit[0]!r} is {word.new}: {line.strip()[:110]}")
    return found


@pytest.mark.parametrize("word", REPLACED, ids=lambda word: f"{word.old}{'@' if word.only else ''}{word.only}")
def test_a_replaced_word_does_not_come_back(word: Replaced) -> None:
    found = violations(word)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("phrase", ENGLISH)
def test_the_english_is_plain(phrase: str) -> None:
    found = violations(Replaced(phrase, ENGLISH[phrase], Where.PROSE))
    # Every byte of a policy is in its version, and recorded decisions name that version: its comments stay.
    found = [line for line in found if not line.startswith("examples/bank/")]
    assert not found, "\n".join(["", *found])


def glossary() -> dict[str, str]:
    """Each entry of the glossary with its sentence."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    return dict(re.findall(r"^\| \*\*`?([^*`]+)`?\*\*[^|]*\| (.+) \|$", text, re.MULTILINE))


@pytest.mark.parametrize("kind", VOCABULARY)
def test_every_word_of_the_product_is_in_the_glossary(kind: str) -> None:
    entries = glossary()
    assert [word for word in VOCABULARY[kind] if word not in entries] == []


def test_each_table_of_the_glossary_is_in_alphabetical_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    for section in text.split("\n## ")[1:]:
        words = re.findall(r"^\| \*\*`?([^*`]+)`?\*\*", section, re.MULTILINE)
        assert words == sorted(words, key=str.lower)


def test_the_classes_the_glossary_names_are_there() -> None:
    """A word in code letters is the name of a class."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    named = set(re.findall(r"^\| \*\*`(\w+)`\*\*", text, re.MULTILINE))
    classes = {
        node.name
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert len(named) >= 10
    assert sorted(named - classes) == []


def test_the_table_finds_what_it_is_for() -> None:
    """A word counts where it is a name, and not where it is ordinary English; help and metrics are read too."""
    assert page("a", "Asked to be contacted").code == ()
    assert page("a", "comes back as `Asked`").code == ((1, "Asked"),)
    names = [text.name for text in TEXTS]
    assert {"README.md", "garbo --help", "garbo policy publish --help", "src/garbo/core/decide.py"} <= set(names)
