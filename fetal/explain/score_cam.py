"""Score-CAM: show the model one part after another, and see what it says."""

import cv2
import numpy as np
import numpy.typing as npt

from fetal.explain.base import Array, Cam, Forward, ForwardPass, ForwardPassError

_BATCH = 16
"""Masked squares made at a time: enough for any engine, few enough for a small memory."""


class ScoreCam(Cam):
    """Score-CAM (Wang et al. 2020, https://arxiv.org/abs/1910.01279).

    Each map, enlarged and scaled to 0 to 1, is laid over the scan as a mask; a map counts by the
    class's logit for what it lets through, as softmax over the maps. No gradient is used.

    It differs from the paper in two ways. The paper tries every map, 2,048 of them in a ResNet50;
    this tries `channels`, those with the largest contribution to a class (kernel times the map's
    average), taken from the classes in turn so that each class has its own among them; the others
    count nothing. And grey levels are masked to black, as a scan is outside its sector, where the
    paper masks the normalised input. The paper's subtraction of a black scan's logit is left out,
    because the softmax over the maps cancels it.

    Args:
        channels: how many maps to try, each by one forward pass.
    """

    name = "score-cam"
    title = "Score-CAM"
    words = (
        "the parts that made the model name the plane when it was shown little else; this takes "
        "some seconds."
    )

    def __init__(self, channels: int = 64) -> None:
        self.channels = channels

    def weights(self, seen: ForwardPass) -> Array:
        """The softmax of the logits of the masked scans, over the maps that were tried."""
        if seen.square is None or seen.forward is None:
            raise ForwardPassError(
                "Score-CAM runs the model on masked scans: expected what the model saw and a "
                "function that computes logits, received none. Use Model.explain, or give both."
            )
        weights = np.zeros_like(seen.kernel)
        tried = self._largest(seen)
        if tried.size:
            logits = _logits_of_masked(seen.maps[..., tried], seen.square, seen.forward)
            powers = np.exp(logits - logits.max(axis=0))
            weights[tried] = powers / powers.sum(axis=0)
        return weights

    def _largest(self, seen: ForwardPass) -> npt.NDArray[np.intp]:
        """The maps to try; one that is the same everywhere would mask nothing."""
        contribution = seen.maps.mean(axis=(0, 1))[:, None] * seen.kernel
        in_turn = np.argsort(-contribution, axis=0).ravel()
        _, first = np.unique(in_turn, return_index=True)
        ranked = in_turn[np.sort(first)]
        varies = np.ptp(seen.maps, axis=(0, 1)) > 0
        return np.asarray(ranked[varies[ranked]][: self.channels], np.intp)


def _logits_of_masked(maps: Array, square: Array, forward: Forward) -> Array:
    lowest, span = maps.min(axis=(0, 1)), np.ptp(maps, axis=(0, 1))
    masks = np.moveaxis((maps - lowest) / span, -1, 0)
    size = (square.shape[1], square.shape[0])
    batches = []
    for start in range(0, len(masks), _BATCH):
        larger = [
            cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
            for mask in masks[start : start + _BATCH]
        ]
        batches.append(forward(square * np.stack(larger)))
    return np.concatenate(batches)
