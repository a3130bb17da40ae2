"""Serving by Keras: the network rebuilt as the training builds it, on whatever device Keras uses.

`fetal.predict` finds this engine by its name “keras” (`fetal.engine_registry`).
"""

import threading
from collections.abc import Callable

import numpy as np

from fetal.bundle import Bundle
from fetal.bundle.manifest import GRAPH, SECOND_READER
from fetal.predict.engines import Batch, Outputs
from fetal.third_party import load_keras


class KerasEngine:
    """A model that Keras computes.

    Args:
        bundle: the model on disk.
        graph: which of its graphs: its own, or its second reader's.
    """

    def __init__(self, bundle: Bundle, graph: str = GRAPH) -> None:
        # Before the modules that import Keras themselves: without its greetings.
        load_keras()
        from fetal.training.networks.from_bundle import restore
        from fetal.training.second_reader.restored_reader import restore_reader

        self._model = (restore_reader if graph == SECOND_READER else restore)(bundle)
        self._one_at_a_time = threading.Lock()

    def start(self, batch: Batch) -> Callable[[], Outputs]:
        """Compute at once; the function that comes back returns the result."""
        with self._one_at_a_time:
            maps, logits = self._model.predict_on_batch(batch)
        outputs = np.asarray(maps, np.float32), np.asarray(logits, np.float32)
        return lambda: outputs
