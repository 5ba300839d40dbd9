"""Checks of themes.yaml: labels, and words that can be found in a text and say one thing only."""

from collections.abc import Mapping, Sequence

from garbo.core.policy.reading import INTENT, NOTHING, THEME, TONE
from garbo.policy.build.files import Files
from garbo.policy.names import THEMES, Names, check_names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.text.linear import MOST_LABELS
from garbo.text.phrases import ANY, WHOLE, Word, words_of

# A second "..." would let the words of one phrase stand in two sentences' worth of others.
MOST_GAPS = 1


def lint(files: Files, names: Names) -> Findings:
    given = files.themes
    for name, theme in given.themes.items():
        yield from texts(THEMES, ("themes", name, "label"), theme.label, names.languages)
    themes = {name: theme.words for name, theme in given.themes.items()}
    yield from _words("theme", {(("themes", name, "words"), name): w for name, w in themes.items()}, names)
    yield from _words("intent", {(("intents", name), name): w for name, w in given.intents.items()}, names)
    yield from _words("tone", {(("tones", name), name): w for name, w in given.tones.items()}, names)
    for key, words in (("negations", given.negations), ("sarcasm", given.sarcasm)):
        yield from _words(key, {((key,), key): words}, names)
    yield from _learning(files)


def _learning(files: Files) -> Findings:
    """What is learnt has few enough names, none of them the word for nothing, and somebody corrects it."""
    given = files.themes
    named = {THEME: list(given.themes), INTENT: list(given.intents), TONE: [str(tone) for tone in given.tones]}
    for index, part in enumerate(given.learn):
        if len(named[part]) >= MOST_LABELS:
            message = f"{len(named[part])} names of {part}: at most {MOST_LABELS - 1} can be learnt, remove {part}"
            yield Finding(THEMES, ("learn", index), message)
        if NOTHING in named[part]:
            message = f"'{NOTHING}' means no {part} in a correction: give that {part} another name"
            yield Finding(THEMES, ("learn", index), message)
    if given.learn and not any(kind.corrects for kind in files.journey.touchpoints.values()):
        message = "nobody corrects, so nothing is learnt: add a touchpoint with corrects: true to journey.yaml"
        yield Finding(THEMES, ("learn",), message, False, True)


def _words(what: str, given: Mapping[tuple[Path, str], Mapping[str, Sequence[str]]], names: Names) -> Findings:
    """what: the kind of label. given: (place, label) -> language -> words."""
    owner: dict[tuple[str, bool, tuple[Word, ...]], str] = {}
    for (path, label), words in given.items():
        yield from check_names(THEMES, path, "language", dict(words), {*names.languages, ANY})
        for language, phrases in words.items():
            if language not in (*names.languages, ANY):
                continue
            for index, phrase in enumerate(phrases):
                # A list stands directly under the label, and means any language.
                place = (*path, language, index) if language != ANY else (*path, index)
                yield from _phrase(place, phrase)
                for spoken in names.languages if language == ANY else (language,):
                    found = words_of(phrase, spoken)
                    key = (spoken, phrase.startswith(WHOLE), found)
                    known = owner.setdefault(key, label) if found else label
                    if known != label:
                        message = f"'{phrase}' is already a word of the {what} {known}: remove it from one {what}"
                        yield Finding(THEMES, place, message, fatal=False)
                        break


def _phrase(path: Path, phrase: str) -> Findings:
    words = words_of(phrase, "")
    gaps = sum(1 for word in words if not word.stem)
    if not words:
        yield Finding(THEMES, path, f"'{phrase}' has no word in it, so no text has it: write one, or remove it")
    elif gaps > MOST_GAPS:
        yield Finding(THEMES, path, f"'{phrase}': at most {MOST_GAPS} \"...\" in a phrase: make two phrases of it")
    elif not words[0].stem or not words[-1].stem:
        yield Finding(THEMES, path, f"'{phrase}': \"...\" stands between two words: remove it at the end")
