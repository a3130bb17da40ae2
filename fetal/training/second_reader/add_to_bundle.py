"""A second reader joins a model: its graph, its part of the card, and the scans that it learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from fetal.bundle import Bundle, SecondReaderCard, TrainingList, copy_with_card
from fetal.bundle.manifest import SECOND_READER
from fetal.training.export.graph import export_graph
from fetal.training.second_reader.answer_groups import CLASSES, GROUPS
from fetal.training.second_reader.reader_settings import COLUMNS, ROWS

SONONET_WEIGHTS = {
    "name": "SonoNet-16, weights and head",
    "authors": "Baumgartner et al. 2017",
    "licence": "Apache-2.0",
    "source": "https://github.com/baumgach/SonoNet-weights",
}
"""Where the second reader comes from, as a card names it."""


def reader_card(
    *,
    temperature: float = 1.0,
    agree_at: float = 0.5,
    training: Mapping[str, Any] | None = None,
    data: Sequence[Mapping[str, Any]] = (),
) -> SecondReaderCard:
    """Describe a second reader of `fetal.training.second_reader.reader_network`.

    Args:
        temperature: Of `fetal.training.second_reader.agreement.fit_reader_temperature`.
        agree_at: Of `fetal.training.second_reader.agreement.fit_agreement`.
        training: What it was fine-tuned on and how; nothing if it was not.
        data: The data sets that it was fine-tuned on: name, authors, licence, source.

    Returns:
        Its part of the card, which names SonoNet's weights as its first source.
    """
    return SecondReaderCard(
        architecture="sononet16",
        rows=ROWS,
        columns=COLUMNS,
        classes=CLASSES,
        groups=dict(GROUPS),
        temperature=temperature,
        agree_at=agree_at,
        training=dict(training or {}),
        data=[dict(SONONET_WEIGHTS), *(dict(one) for one in data)],
    )


def add_second_reader(
    bundle: Bundle,
    reader: keras.Model,
    card: SecondReaderCard,
    folder: Path | str,
    learnt: TrainingList | None = None,
) -> Bundle:
    """Write a model anew, with a second reader or with another one.

    Args:
        bundle: The model; it stays as it is.
        reader: The second reader, of `fine_tune` or `load_reader`.
        card: What the model's card says of it, of `reader_card`.
        folder: Where the new model shall lie; must not exist.
        learnt: The scans that the second reader was trained on: no evaluation may count them.

    Returns:
        The new model, opened and checked.

    Raises:
        BundleExistsError: the folder exists.

    Example:
        >>> reader = load_reader(Path("run/reader.npz"))  # doctest: +SKIP
        >>> add_second_reader(bundle, reader, reader_card(), "models/new")  # doctest: +SKIP
    """
    return copy_with_card(
        bundle,
        replace(bundle.card, second_reader=card),
        folder,
        write_second_reader=lambda target: export_graph(reader, target, SECOND_READER),
        learnt=learnt,
    )
