"""A tiny model that has a second reader, which agrees with everything, with nothing, or by rule.

As of `tests.support.tiny_model`, its graph is kept as a file.
"""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from fetal.bundle import Bundle, SecondReaderCard, copy_with_card
from fetal.planes import Plane
from tests.support.tiny_model import KEPT, tiny_model

READER_ROWS, READER_COLUMNS = 32, 48
READER_CLASSES = ("head", "belly", "femur", "heart", "spine")

ALWAYS, NEVER = 0.0, 1.0
"""Thresholds of agreement at which a reader agrees with everything, and with nothing."""


def tiny_reader_card(agree_at: float = 0.5, temperature: float = 1.0) -> SecondReaderCard:
    return SecondReaderCard(
        architecture="tiny",
        rows=READER_ROWS,
        columns=READER_COLUMNS,
        classes=READER_CLASSES,
        groups={
            Plane.BRAIN: ("head",),
            Plane.ABDOMEN: ("belly",),
            Plane.FEMUR: ("femur",),
            Plane.THORAX: ("heart",),
        },
        temperature=temperature,
        agree_at=agree_at,
        data=[{"name": "nothing", "licence": "none"}],
    )


@cache
def tiny_model_with_second_reader(
    agree_at: float = 0.5, seed: int = 1, name: str = "tiny", check_below: float = 0.0
) -> Bundle:
    """Write it to a temporary folder; the first reader is sure of everything by default."""
    bundle = tiny_model(seed, name)
    calibration = replace(bundle.card.calibration, check_below=check_below)
    card = replace(bundle.card, second_reader=tiny_reader_card(agree_at), calibration=calibration)
    folder = Path(mkdtemp(prefix="tiny-model-")) / "model"
    return copy_with_card(bundle, card, folder, write_second_reader=copy_second_graph)


def copy_second_graph(place: Path) -> None:
    """Copy the tiny second reader's graph into a folder."""
    for name in ("second_reader.xml", "second_reader.bin"):
        shutil.copyfile(KEPT / name, place / name)
