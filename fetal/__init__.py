"""Recognise fetal ultrasound planes; correct, retrain, compare, promote.

The public face is small: `load_model` gives a model, its `predict` a plane, calibrated
probabilities and an overlay.

Example:
    >>> import fetal
    >>> fetal.load_model().predict("scan.png").plane  # doctest: +SKIP
    <Plane.BRAIN: 'brain'>
"""

from typing import TYPE_CHECKING, Any

from fetal.engine_registry import register_engine
from fetal.third_party import restrain

if TYPE_CHECKING:
    from fetal.bundle import Bundle
    from fetal.planes import Plane
    from fetal.predict import Model, Prediction, load_model
    from fetal.predict.engines import Engine

__all__ = ["Model", "Plane", "Prediction", "__version__", "load_model"]

__version__ = "0.1.0"

restrain()


def _keras_engine(bundle: "Bundle", graph: str) -> "Engine":
    # Imported when Keras is to serve, since most processes never do.
    from fetal.training.keras_engine import KerasEngine

    return KerasEngine(bundle, graph)


register_engine("keras", _keras_engine)


def __getattr__(name: str) -> Any:
    # Fetched when asked for: `fetal --help` and the workers do without what prediction needs.
    if name == "Plane":
        from fetal.planes import Plane

        return Plane
    if name in __all__:
        from fetal import predict

        return getattr(predict, name)
    raise AttributeError(f"module “fetal” has no “{name}”; it has {', '.join(__all__)}.")
