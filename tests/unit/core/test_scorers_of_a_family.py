"""Which models score a family: one answer for who decides, who looks on, and who learns."""

from garbo.core.policy.models import Model, champions, families, others, scorers

MODELS = {
    model.id: model
    for model in (
        Model("z", (), 0.1, 10.0, role="shadow", of="cards"),
        Model("b", (), 0.1, 10.0, role="challenger", of="cards", families=("loans",), share=0.1),
        Model("cards", (), 0.1, 10.0, families=("cards", "loans")),
        Model("alone", (), 0.1, 10.0),
    )
}


def test_a_shadow_without_families_scores_those_of_its_champion() -> None:
    assert ("alone", "cards", "loans") == families(MODELS)
    assert ["cards", "z"] == [model.id for model in scorers(MODELS, "cards")]
    assert ["cards", "b", "z"] == [model.id for model in scorers(MODELS, "loans")]
    assert () == scorers(MODELS, "z")


def test_who_decides_and_who_looks_on_are_the_same_models() -> None:
    assert {"alone": "alone", "cards": "cards", "loans": "cards"} == {f: m.id for f, m in champions(MODELS).items()}
    assert {"cards": ["z"], "loans": ["b", "z"]} == {f: [m.id for m in found] for f, found in others(MODELS).items()}
