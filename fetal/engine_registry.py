"""Which engines can compute a model: packages above `predict` add theirs here.

`fetal.predict` serves by any engine that is registered, and imports nothing from the packages
above it. `fetal/__init__.py` registers what the program brings.
"""

from collections.abc import Callable
from typing import Any

MakeEngine = Callable[[Any, str], Any]
"""From a `fetal.bundle.Bundle` and the name of one of its graphs to a
`fetal.predict.engines.Engine`."""

_MAKERS: dict[str, MakeEngine] = {}


def register_engine(name: str, make: MakeEngine) -> None:
    """Make an engine known.

    Args:
        name: what `fetal.load_model` calls it.
        make: makes it for a model; called when the first model is to compute with it, so that
            libraries are imported then.
    """
    _MAKERS[name] = make


def find_engine(name: str) -> MakeEngine | None:
    """Return what makes an engine of this name; None if none is registered."""
    return _MAKERS.get(name)
