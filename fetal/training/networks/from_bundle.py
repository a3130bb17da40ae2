"""From a model on disk back to Keras, with exactly the weights that it serves."""

import keras

from fetal.bundle import Bundle, BundleError
from fetal.bundle.bundle import Weights
from fetal.training.export.names import variable_path
from fetal.training.networks.architectures import build


class RestoreError(BundleError):
    """The model's weights do not fit the network that its card names."""


def restore(bundle: Bundle, *, dropout: float = 0.0) -> keras.Model:
    """Rebuild a model so that it can be trained on or served by Keras.

    Args:
        bundle: the model on disk.
        dropout: share of the pooled features that is left out in training, 0 to 1.

    Returns:
        The network of the card with outputs [maps, logits]; its weights are bit for bit those
        of the bundle.

    Raises:
        RestoreError: a weight is missing, left over or of another shape.
        UnknownArchitectureError: this version of the program does not build such networks.

    Example:
        >>> model = restore(Bundle.open("models/shipped"))  # doctest: +SKIP
    """
    card = bundle.card
    model = build(
        card.architecture,
        card.input.size,
        card.input.mean,
        card.input.std,
        classes=len(card.planes),
        dropout=dropout,
    )
    stored = bundle.variables()
    wanted = {variable_path(weight): weight for weight in model.weights}
    _check(card.architecture, stored, wanted)
    for path, weight in wanted.items():
        weight.assign(stored[path])
    return model


def move_back(model: keras.Model, bundle: Bundle, share: float) -> None:
    """Move a retrained network part of the way back to the model that it started from.

    Between two networks of which one was trained on from the other, the mean of their weights
    keeps most of what either knows, and forgets less than the second (Wortsman et al. 2022,
    “Robust fine-tuning of zero-shot models”).

    Args:
        model: The retrained network; changed in place.
        bundle: The model that it started from.
        share: How far, 0 (not at all) to 1 (all the way).
    """
    if not share:
        return
    before = bundle.variables()
    for weight in model.weights:
        after = keras.ops.convert_to_numpy(weight)
        # Not a sum of two shares: what was not trained stays bit for bit.
        weight.assign(after + share * (before[variable_path(weight)] - after))


def _check(architecture: str, stored: Weights, wanted: dict[str, keras.Variable]) -> None:
    odd = sorted(stored.keys() ^ wanted.keys())
    odd += [
        path
        for path in stored.keys() & wanted.keys()
        if stored[path].shape != tuple(wanted[path].shape)
    ]
    if odd:
        raise RestoreError(
            f"The model's weights do not fit its network “{architecture}”: {', '.join(odd[:4])} "
            f"({len(odd)} in all). Use the version of this program that wrote the model."
        )
