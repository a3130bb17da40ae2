"""From a model on disk back to its second reader in Keras, with exactly the weights it serves."""

import keras

from fetal.bundle import Bundle
from fetal.training.networks.from_bundle import RestoreError
from fetal.training.second_reader.reader_network import (
    ReaderWeightsError,
    build_reader,
    give_weights,
)


def restore_reader(bundle: Bundle) -> keras.Model:
    """Rebuild a model's second reader so that it can be trained on or served by Keras.

    Args:
        bundle: the model on disk.

    Returns:
        The network, as `fetal.training.second_reader.reader_network.build_reader` returns it.

    Raises:
        RestoreError: the model has no second reader, or one that this version does not build.

    Example:
        >>> reader = restore_reader(Bundle.open("models/shipped"))  # doctest: +SKIP
    """
    card, graph = bundle.card.second_reader, bundle.second_graph
    if card is None or graph is None:
        raise RestoreError(f"The model “{bundle.card.name}” has no second reader.")
    if card.architecture != "sononet16":
        raise RestoreError(
            f"This version of the program builds no second reader “{card.architecture}” in Keras, "
            "only sononet16. Serve the model by OpenVINO."
        )
    model = build_reader()
    values = {path: graph.variable(path) for path in graph.constants}
    try:
        give_weights(model, values, f"the second reader of “{bundle.card.name}”")
    except ReaderWeightsError as error:
        raise RestoreError(str(error)) from error
    return model
