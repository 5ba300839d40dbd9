"""The learner of texts equals River's one-vs-rest classifier, so does its plain form, and it goes on to the bit."""

import os
import struct
import subprocess
import sys
from hashlib import blake2b
from math import exp
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from river import linear_model, multiclass, optim

from garbo.learning.estimators.heads import Constant
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.evaluation.figures import Figures
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import MAGIC, SCHEMA, Probe, Snapshot, golden, version
from garbo.learning.text import LEARNING_RATE, TextLearner
from garbo.text.linear import (
    INTERCEPT,
    MOST_LABELS,
    MOST_WEIGHT,
    SEED_LEAD,
    SEED_VALUE,
    Class,
    OneVsRest,
    TextModelError,
    TextState,
    class_feature,
    decode,
    encode,
    seed_feature,
)
from garbo.text.ngrams import BUCKETS, ngrams

LABELS = ("", "fraud", "question", "stop")
WORDS = [
    "non",
    "mi",
    "scrivete",
    "più",
    "chi",
    "ha",
    "fatto",
    "bonifico",
    "quanto",
    "costa",
    "la",
    "carta",
    "mutuo",
    "?",
    "!",
    "loan",
]


def texts(count: int, seed: int = 7) -> list[tuple[dict[str, float], str]]:
    """Texts of random words, each with a label that its words decide."""
    chance = Random(seed)
    found = []
    for _ in range(count):
        words = chance.choices(WORDS, k=chance.randint(1, 9))
        label = "stop" if "scrivete" in words else "question" if "?" in words else "fraud" if "chi" in words else ""
        found.append((ngrams(" ".join(words)), label))
    return found


def taught(examples: list[tuple[dict[str, float], str]], learner: TextLearner | None = None) -> TextLearner:
    learner = learner or TextLearner()
    for features, label in examples:
        learner.learn_one({**features, class_feature(label): 1.0}, 1)
    return learner


def river() -> multiclass.OneVsRestClassifier:
    return multiclass.OneVsRestClassifier(
        linear_model.LogisticRegression(optim.SGD(LEARNING_RATE), intercept_init=INTERCEPT, intercept_lr=0.0)
    )


def test_equals_rivers_own_one_vs_rest_classifier() -> None:
    learner, theirs = TextLearner(), river()
    for count, (features, label) in enumerate(texts(300)):
        if count % 20 == 0 and count:
            ours = OneVsRest(decode(learner.state()))
            logits = ours.logits(features)
            votes = {name: 1.0 / (1.0 + exp(-logit)) for name, logit in logits.items()}
            expected = theirs.predict_proba_one(features)
            assert list(expected) == list(votes)
            for name, probability in expected.items():
                assert probability == pytest.approx(votes[name] / sum(votes.values()), abs=1e-12)
                assert votes[name] == pytest.approx(
                    learner.predict_one({**features, class_feature(name): 1.0}), abs=1e-12
                )
            assert theirs.predict_one(features) == ours.best(features, LABELS)
        learner.learn_one({**features, class_feature(label): 1.0}, 1)
        theirs.learn_one(features, label)
    assert {label: one.weights for label, one in theirs.classifiers.items()} == {
        label: {k: w for k, w in one.weights.items() if k.startswith("#")}
        for label, one in learner._model.classifiers.items()
    }


def test_a_weight_repeats_an_example_as_in_river() -> None:
    features, label = texts(1)[0]
    learner, theirs = TextLearner(), river()
    learner.learn_one({**features, class_feature(label): 1.0}, 1, 0.25)
    theirs.learn_one(features, label, w=0.25)
    assert theirs.predict_proba_one(features)[label] == 1.0
    vote = theirs.classifiers[label].predict_proba_one(features)[True]
    assert vote == pytest.approx(learner.predict_one({**features, class_feature(label): 1.0}), abs=1e-12)


def test_restored_half_way_it_goes_on_to_the_last_bit_in_another_process(tmp_path: Path) -> None:
    examples = texts(120)
    whole, half = taught(examples), taught(examples[:60])
    assert taught(examples[60:], TextLearner(half.state())).state() == whole.state()
    stored = tmp_path / "half"
    stored.write_bytes(half.state())
    code = (
        "import sys; from pathlib import Path; from garbo.learning.text import TextLearner\n"
        "from tests.unit.learning.test_text import taught, texts\n"
        "learner = taught(texts(120)[60:], TextLearner(Path(sys.argv[1]).read_bytes()))\n"
        "sys.stdout.buffer.write(learner.state())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    made = subprocess.run([sys.executable, "-c", code, str(stored)], env=environment, capture_output=True, check=False)
    assert made.stdout == whole.state(), made.stderr.decode()


@pytest.mark.parametrize("read", LABELS)
def test_without_examples_the_seeds_answer(read: str) -> None:
    features = {**ngrams("Chi ha fatto il bonifico?"), seed_feature(read): SEED_VALUE}
    assert OneVsRest(TextState()).best(features, LABELS) == read
    assert OneVsRest(TextState()).best(features, ["other"]) is None


def test_one_correction_turns_its_own_text_and_no_other() -> None:
    text, other = "Non trovo più i miei soldi", "Quanto costa la carta?"
    wrong = {**ngrams(text), seed_feature(""): SEED_VALUE}
    learner = TextLearner()
    learner.learn_one({**wrong, class_feature("fraud"): 1.0}, 1)
    model = OneVsRest(decode(learner.state()))
    assert model.best(wrong, LABELS) == "fraud"
    for read in LABELS:
        features = {**ngrams(other), seed_feature(read): SEED_VALUE}
        assert model.best(features, LABELS) == read


def test_corrections_of_misread_texts_alone_teach_no_distrust_of_the_seeds() -> None:
    learner = TextLearner()
    for features, label in texts(200):
        read = "" if label else "question"  # wrong in each example, as staff only sends what was misread
        learner.learn_one({**features, seed_feature(read): SEED_VALUE, class_feature(label): 1.0}, 1)
    model = OneVsRest(decode(learner.state()))
    strange = ngrams("xylophone zebra quartz")
    for read in LABELS:
        assert model.best({**strange, seed_feature(read): SEED_VALUE}, LABELS) == read


def test_a_label_of_0_says_that_the_class_is_wrong_and_nothing_of_the_others() -> None:
    features = {**ngrams("la carta"), seed_feature("stop"): SEED_VALUE}
    learner = taught(texts(40))
    before = {label: learner.predict_one({**features, class_feature(label): 1.0}) for label in LABELS}
    learner.learn_one({**features, class_feature("stop"): 1.0}, 0)
    after = {label: learner.predict_one({**features, class_feature(label): 1.0}) for label in LABELS}
    assert after["stop"] < before["stop"]
    assert {**after, "stop": 0} == {**before, "stop": 0}


def test_an_example_without_a_class_or_with_one_too_many_teaches_nothing() -> None:
    learner = TextLearner()
    for number in range(MOST_LABELS):
        learner.learn_one({"#1": 1.0, class_feature(f"intent{number}"): 1.0}, 1)
    known = learner.state()
    learner.learn_one({"#1": 1.0, class_feature("one more"): 1.0}, 1)
    learner.learn_one({"#1": 1.0}, 1)
    assert learner.state() == known
    learner.learn_one({"#1": 1.0, seed_feature("one more"): SEED_VALUE, class_feature("intent0"): 1.0}, 1)
    assert MOST_LABELS == len(decode(learner.state()).classes)


def test_a_seed_that_no_example_had_leads_as_at_the_start() -> None:
    model = OneVsRest(decode(taught(texts(40)).state()))
    assert model.logits({seed_feature("praise"): SEED_VALUE})["praise"] == INTERCEPT + SEED_LEAD


def test_the_largest_model_fits_into_a_message() -> None:
    labels = [f"intent{n}" for n in range(MOST_LABELS)]
    places = b"".join(n.to_bytes(2, "little") for n in range(BUCKETS))
    state = encode(TextState(tuple(Class(label, places, b"\0" * 8 * BUCKETS) for label in labels)))
    assert len(state) < 3_000_000
    assert labels == list(OneVsRest(decode(state)).labels)


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"\xc1",
        encode(TextState((Class("a", b"", b""), Class("a", b"", b"")))),
        encode(TextState(tuple(Class(f"i{n}", b"", b"") for n in range(MOST_LABELS + 1)))),
        encode(TextState((Class("a" * 200, b"", b""),))),
    ],
)
def test_bytes_that_are_no_state_are_refused(state: bytes) -> None:
    with pytest.raises(TextModelError):
        decode(state)


@pytest.mark.parametrize(
    "one",
    [
        Class("a", b"\1", b"\0" * 8),
        Class("a", b"\1\0", b"\0" * 16),
        Class("a", b"\1\0", b"\0\0\0\0\0\0\xf8\x7f"),
        Class("a", b"\1\0\1\0", b"\0" * 16),
        Class("a", (BUCKETS + 1).to_bytes(2, "little"), b"\0" * 8),
    ],
)
def test_weights_that_cannot_be_are_refused(one: Class) -> None:
    with pytest.raises(TextModelError):
        OneVsRest(TextState((one,)))


@given(st.data())
def test_a_damaged_state_is_refused_or_answers(data: st.DataObject) -> None:
    good = bytearray(STATE)
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        model = OneVsRest(decode(bytes(good)))
    except TextModelError:
        return
    model.best(ngrams("quanto costa la carta?"), LABELS)


STATE = taught(texts(20)).state()


def published(model: str, serving: bytes, probes: list[Probe]) -> bytes:
    """A snapshot with a valid MAC, without the writer's own check."""
    name = version(model, 20, serving, Figures().count, probes)
    body = msgpack.encode(Snapshot(model, name, 20, "", serving, Figures(), probes))
    return MAGIC + bytes((SCHEMA,)) + blake2b(body, digest_size=16, key=DEVELOPMENT_KEY).digest() + body


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_damaged_snapshot_with_a_valid_mac_is_refused_or_scores_as_its_writer_saw(data: st.DataObject) -> None:
    serving = taught(texts(20)).serving()
    bad, probes = bytearray(serving), golden(serving)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    scorer, features = SnapshotScorer(), {**ngrams("quanto costa la carta?"), seed_feature("praise"): SEED_VALUE}
    assert scorer.update(published("text.intent", serving, probes))
    before = scorer.classify("text.intent", features, LABELS)
    assert before is not None
    if not scorer.update(published("text.intent", bytes(bad), probes)):
        assert scorer.refusal
        assert scorer.classify("text.intent", features, LABELS) == before
    else:
        scores = [scorer.estimate("text.intent", vector) for vector, _ in probes]
        assert [seen for _, seen in probes] == [score.probability for score in scores if score is not None]


def test_a_model_of_texts_is_no_model_of_offers_and_no_other_reads_texts() -> None:
    scorer, of_texts = SnapshotScorer(), taught(texts(20)).serving()
    constant = encode_serving(Serving(0.1, [], {}, Constant(0.1)))
    assert not scorer.update(published("cards", of_texts, golden(of_texts)))
    assert not scorer.update(published("text.intent", constant, golden(constant)))
    assert "a model of texts" in scorer.refusal
    assert scorer.classify("text.intent", {}, LABELS) is None


def test_a_sum_is_the_same_in_every_order_and_bounded_weights_fill_no_neighbour() -> None:
    features, _ = texts(7)[-1]
    turned = dict(reversed(features.items()))
    model = OneVsRest(decode(STATE))
    assert model.logits(features) == model.logits(turned)
    places = b"".join(n.to_bytes(2, "little") for n in range(1024))
    weights = {"a": -1e300, "b": 1e300, "c": -1e300}
    classes = (Class(name, places, struct.pack("<1024d", *[weight] * 1024)) for name, weight in weights.items())
    found = OneVsRest(TextState(tuple(classes))).logits({f"#{n}": 1.0 for n in range(1024)})
    most = 1024 * MOST_WEIGHT
    assert {"a": INTERCEPT - most, "b": INTERCEPT + most, "c": INTERCEPT - most} == found


def test_how_sure_it_is_and_whether_it_was_right_comes_before_it_learns() -> None:
    features, label = texts(1)[0]
    learner, other = TextLearner(), next(one for one in LABELS if one != label)
    example = {**features, seed_feature(other): SEED_VALUE, class_feature(label): 1.0}
    led = 1.0 / (1.0 + exp(-(INTERCEPT + SEED_LEAD)))
    assert learner.tested(example) == (pytest.approx(led), 0)
    learner.learn_one(example, 1)
    sure, right = learner.tested(example)
    assert right == 1
    assert sure == learner.predict_one(example) > 0.5


def test_answering_needs_no_river() -> None:
    code = (
        "import sys; from garbo.text import linear, learnt\n"
        "linear.OneVsRest(linear.TextState()).best({'#1': 1.0}, ['a'])\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'river'], 'River is imported'"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
