from garbo.core.policy.models import Feature, Model
from garbo.core.scoring.features import BOUND, is_category, vector

MODEL = Model(
    id="loan",
    features=(Feature("job", "category"), Feature("age", "number"), Feature("euribor", "number")),
    starting_propensity=0.1,
    starting_evidence=20,
)


def test_a_category_is_an_indicator_and_a_number_stays_as_it_is() -> None:
    expected = {"job=admin.": 1.0, "age": 41.0, "euribor": -0.5}
    assert expected == vector(MODEL, {"euribor": -0.5, "age": 41, "job": "admin.", "other": 1})


def test_what_is_missing_is_absent() -> None:
    assert {"age": 41.0} == vector(MODEL, {"age": 41})


def test_what_is_not_a_sane_number_is_absent() -> None:
    for value in (float("nan"), float("inf"), -float("inf"), BOUND, "forty"):
        assert {} == vector(MODEL, {"age": value})


def test_a_long_text_is_cut() -> None:
    assert {"job=" + "x" * 64: 1.0} == vector(MODEL, {"job": "x" * 5000})


def test_categories_may_be_numbers_and_truths() -> None:
    assert {"job=7": 1.0, "age": 1.0} == vector(MODEL, {"job": 7, "age": True})
    assert {"job=True": 1.0} == vector(MODEL, {"job": True})


def test_the_key_tells_a_category_from_a_number() -> None:
    assert [True, False] == [is_category(key) for key in vector(MODEL, {"job": "a", "age": 2})]
