import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.explain import (
    METHODS,
    EigenCam,
    ForwardPass,
    ForwardPassError,
    ScoreCam,
    UnknownMethodError,
    method,
)

SIZE = 32


def four_corners(kernel: NDArray[np.float32]) -> ForwardPass:
    """One map for each corner of a scan, and a model that counts the light in each corner."""
    maps = np.zeros((4, 4, 4), np.float32)
    for index, (row, column) in enumerate(((0, 0), (0, 2), (2, 0), (2, 2))):
        maps[row : row + 2, column : column + 2, index] = 1 + index

    def forward(squares: NDArray[np.float32]) -> NDArray[np.float32]:
        half = SIZE // 2
        light = [
            squares[:, :half, :half],
            squares[:, :half, half:],
            squares[:, half:, :half],
            squares[:, half:, half:],
        ]
        means: NDArray[np.float32] = np.stack(
            [corner.mean(axis=(1, 2)) for corner in light], axis=1
        )
        logits: NDArray[np.float32] = means @ kernel
        return logits

    square = np.full((SIZE, SIZE), 10.0, np.float32)
    return ForwardPass(maps, kernel, square, forward)


def corner_of(heat: NDArray[np.float32]) -> tuple[int, int]:
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    return (int(row) // 2, int(column) // 2)


def seen_by_chance(seed: int = 0) -> ForwardPass:
    rng = np.random.default_rng(seed)
    maps = np.maximum(rng.normal(size=(3, 5, 12)), 0).astype(np.float32)
    kernel = rng.normal(size=(12, 6)).astype(np.float32)
    square = rng.uniform(0, 255, (SIZE, SIZE)).astype(np.float32)
    return ForwardPass(
        maps, kernel, square, lambda squares: squares[:, :12, 0] @ kernel / np.float32(255)
    )


@pytest.mark.parametrize("name", METHODS)
def test_every_method_explains_every_class_from_0_to_1(name: str) -> None:
    heat = method(name)(seen_by_chance())
    assert heat.shape == (6, 3, 5)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    np.testing.assert_allclose(heat.max(axis=(1, 2)), 1, atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_a_model_that_saw_nothing_has_nothing_to_show(name: str) -> None:
    seen = seen_by_chance()
    nothing = ForwardPass(np.zeros_like(seen.maps), seen.kernel, seen.square, seen.forward)
    np.testing.assert_array_equal(method(name)(nothing), 0)


def test_the_default_comes_first_and_names_are_their_own() -> None:
    assert next(iter(METHODS)) == "grad-cam"
    assert all(cam.name == name and cam.words.endswith(".") for name, cam in METHODS.items())


def test_an_unknown_method_is_named_with_the_choice() -> None:
    with pytest.raises(UnknownMethodError, match=r"tea-leaves.*grad-cam.*score-cam"):
        method("tea-leaves")


def test_eigen_cam_is_the_first_singular_direction_for_every_class() -> None:
    seen = seen_by_chance(3)
    cells = seen.maps.reshape(15, 12)
    _, _, directions = np.linalg.svd(cells)
    expected = np.abs(cells @ directions[0]).reshape(3, 5)
    for heat in EigenCam()(seen):
        np.testing.assert_allclose(heat, expected / expected.max(), atol=1e-5)


def test_score_cam_finds_the_corner_that_the_model_answers_to() -> None:
    # The kernel claims that each class rests on its own corner, but the model answers to others.
    seen = four_corners(np.eye(4, dtype=np.float32))
    answers = np.eye(4, dtype=np.float32)[[3, 2, 1, 0]] * np.float32(5)
    forward = seen.forward
    assert forward is not None
    others = ForwardPass(
        seen.maps, seen.kernel, seen.square, lambda squares: forward(squares) @ answers
    )
    heat = ScoreCam()(others)
    assert [corner_of(each) for each in heat] == [(1, 1), (1, 0), (0, 1), (0, 0)]


def test_score_cam_tries_the_maps_that_contribute_most_and_no_others() -> None:
    seen = seen_by_chance(1)
    shown: list[NDArray[np.float32]] = []

    def forward(squares: NDArray[np.float32]) -> NDArray[np.float32]:
        shown.extend(squares)
        assert seen.forward is not None
        return seen.forward(squares)

    watched = ForwardPass(seen.maps, seen.kernel, seen.square, forward)
    weights = ScoreCam(channels=6).weights(watched)
    contribution = seen.maps.mean(axis=(0, 1))[:, None] * seen.kernel
    assert len(shown) == 6
    assert set(contribution.argmax(axis=0)) <= set(np.flatnonzero(weights.any(axis=1)))
    np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=1e-6)
    assert seen.square is not None
    for square in shown:
        assert (square <= seen.square + 1e-3).all()


def test_score_cam_without_a_model_to_run_says_what_is_missing() -> None:
    seen = seen_by_chance()
    with pytest.raises(ForwardPassError, match=r"Model\.explain"):
        ScoreCam()(ForwardPass(seen.maps, seen.kernel))
