import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.explain import ForwardPass, GradCam, ScoreCam, enlarge
from fetal.explain.deletion_insertion import (
    baseline_of,
    centre_blob,
    deletion,
    insertion,
    random_heat,
    share_inside,
)

SIZE, CELL = 32, 4
CELLS = (SIZE // CELL, SIZE // CELL)
EVERYWHERE = np.ones((SIZE, SIZE), bool)
BRIGHT = np.zeros((SIZE, SIZE), bool)
BRIGHT[4:12, 20:28] = True
DIM = BRIGHT[:, ::-1]


def square() -> NDArray[np.float32]:
    """A scan with a bright square that decides, and a dim one that does not."""
    pixels = np.full((SIZE, SIZE), 20, np.float32)
    pixels[BRIGHT], pixels[DIM] = 200, 90
    return pixels


def maps_of(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    """A convolution that answers to what is bright, and one that answers to what is dim."""
    cells = squares.reshape(len(squares), CELLS[0], CELL, CELLS[1], CELL).mean(axis=(2, 4))
    maps: NDArray[np.float32] = np.stack(
        [np.maximum(cells - 100, 0), np.maximum(50 - np.abs(cells - 90), 0)], axis=-1
    )
    return maps


KERNEL = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)


def forward(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    logits: NDArray[np.float32] = maps_of(squares).mean(axis=(1, 2)) @ KERNEL
    return logits


def score(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logit of the class that depends on the bright square, 1 for the scan as it is."""
    found: NDArray[np.float32] = forward(squares)[:, 0] / forward(square()[None])[0, 0]
    return found


@pytest.fixture(params=[GradCam(), ScoreCam()], ids=lambda cam: cam.name)
def right(request: pytest.FixtureRequest) -> NDArray[np.float32]:
    """Heat of a method that is right by construction."""
    seen = ForwardPass(maps_of(square()[None])[0].astype(np.float32), KERNEL, square(), forward)
    return enlarge(request.param(seen)[0], SIZE)


def guesses() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return [enlarge(random_heat(CELLS, rng), SIZE) for _ in range(10)]


def test_taking_away_what_a_right_method_shows_costs_more_than_a_guess(
    right: NDArray[np.float32],
) -> None:
    others = [deletion(square(), heat, score, EVERYWHERE) for heat in guesses()]
    assert deletion(square(), right, score, EVERYWHERE) < min(others)
    assert np.mean(others) > 0.3


def test_putting_in_what_a_right_method_shows_brings_more_than_a_guess(
    right: NDArray[np.float32],
) -> None:
    others = [insertion(square(), heat, score, EVERYWHERE) for heat in guesses()]
    assert insertion(square(), right, score, EVERYWHERE) > max(others)
    assert np.mean(others) < 0.7


def test_a_right_method_lies_on_the_square_and_a_guess_by_chance(
    right: NDArray[np.float32],
) -> None:
    chance = BRIGHT.mean()
    assert share_inside(right, BRIGHT, EVERYWHERE) > 8 * chance
    by_guess = np.mean([share_inside(heat, BRIGHT, EVERYWHERE) for heat in guesses()])
    assert by_guess == pytest.approx(chance, rel=0.35)
    assert share_inside(np.ones((SIZE, SIZE), np.float32), BRIGHT, EVERYWHERE) == chance


def test_the_middle_is_no_explanation_of_a_square_at_the_side(right: NDArray[np.float32]) -> None:
    middle = enlarge(centre_blob(CELLS), SIZE)
    assert middle[SIZE // 2, SIZE // 2] > 4 * middle[0, 0]
    assert share_inside(middle, BRIGHT, EVERYWHERE) < share_inside(right, BRIGHT, EVERYWHERE)
    assert deletion(square(), middle, score, EVERYWHERE) > deletion(
        square(), right, score, EVERYWHERE
    )


def test_only_the_sector_is_taken_away() -> None:
    beside = ~BRIGHT
    heat = BRIGHT.astype(np.float32)
    assert deletion(square(), heat, score, beside) == pytest.approx(1)


def test_areas_are_those_of_the_scores_on_the_way() -> None:
    half = np.zeros((2, 2), bool)
    half[0] = True
    pixels = np.array([[4.0, 4.0], [0.0, 0.0]], np.float32)
    seen: list[float] = []

    def light(squares: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.extend(squares.mean(axis=(1, 2)))
        levels: NDArray[np.float32] = squares.mean(axis=(1, 2)) / 2
        return levels

    area = deletion(pixels, pixels, light, half, steps=2)
    assert seen == [2.0, 1.0, 0.0]
    assert area == pytest.approx(0.5)


def test_nothing_is_left_where_scans_are_blank_and_little_where_they_are_blurred() -> None:
    assert not baseline_of(square(), "blank").any()
    blurred = baseline_of(square(), "blurred")
    assert blurred.mean() == pytest.approx(square().mean(), rel=0.15)
    assert blurred.max() < 0.7 * square().max()


def test_without_any_heat_there_is_no_share() -> None:
    assert np.isnan(share_inside(np.zeros((SIZE, SIZE), np.float32), BRIGHT, EVERYWHERE))
