"""libyaml's errors in the words of an analyst: the line where the mistake is, and what to write.

libyaml reports where it could go no further, often a line after the mistake. For what was opened and never closed, and
for a key without a colon, the line is where that began.
"""

import re

import yaml

_BEGAN = ("while scanning a simple key", "while scanning a quoted scalar", "while parsing a flow")
_TEXT_AFTER_BRACKET = re.compile(r"""^\s*(?:- )?[\w-]+:\s+(\{[^{}]*\}|\[[^\[\]]*\])\s*[^\s#}\]]""")


def explained(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line (from 1) and the sentence of `error`, which reading `text` gave."""
    began, stopped = error.context_mark, error.problem_mark or error.context_mark
    context, problem = str(error.context or ""), str(error.problem or "")
    first = began.line + 1 if began is not None and context.startswith(_BEGAN) else 0
    last = stopped.line + 1 if stopped is not None else 1
    lines = text.splitlines()
    written = lines[last - 1] if last <= len(lines) else ""
    return first or last, f"not YAML: {_advice(context, problem, written, lines[first - 1] if first else '')}"


def _advice(context: str, problem: str, written: str, opened: str) -> str:
    """written: the line where reading stopped. opened: the line where what is not closed began."""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "a tab stands here: indent with spaces"
    if "quoted scalar" in context and "end of stream" in problem:
        return f"the quote in `{_short(opened)}` is never closed: close it"
    if "escape" in problem:
        return "a backslash inside double quotes: use single quotes"
    if "flow" in context:
        opener = "{" if "mapping" in context else "["
        return (
            f"the {opener} of `{_short(opened)}` does not end well: a comma or a closing bracket is missing, or a text "
            "with a colon is not in quotes"
        )
    if "could not find expected ':'" in problem:
        return f"`{_short(opened)}` has no colon: write `key: value`"
    if "mapping values are not allowed" in problem:
        return f"`{_short(written)}` has a colon where none may be: put the text in quotes, or check the indentation"
    if "cannot start any token" in problem:
        return f"`{_short(written)}` begins a value with a sign that YAML keeps for itself: put the text in quotes"
    if _TEXT_AFTER_BRACKET.match(written):
        return f"`{_short(written)}`: a text that begins with {{ or [ must be in quotes"
    if "block mapping" in context:
        return f"`{_short(written)}` is not in line with the keys above it: check the indentation"
    if "block collection" in context:
        return (
            f"`{_short(written)}` is not in line with the list above it: begin it with `- `, or check the indentation"
        )
    since = f", {context}" if context else ""
    return f"{problem}{since}: check the line and the one above it"


def _short(line: str) -> str:
    plain = line.strip()
    return plain if len(plain) <= 60 else plain[:59] + "…"
