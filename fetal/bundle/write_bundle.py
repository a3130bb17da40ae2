"""Writes a model so that it is there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from fetal.bundle.bundle import Bundle
from fetal.bundle.card import Card
from fetal.bundle.errors import BundleExistsError
from fetal.bundle.feature_statistics import FeatureStatistics
from fetal.bundle.manifest import DIGESTS, SECOND_READER, digests_text
from fetal.bundle.training_list import TrainingList, write_training_list
from fetal.scans.similarity.perceptual_hash import to_text

WriteGraph = Callable[[Path], None]
"""Writes a graph's two files into a folder."""


def write_bundle(
    folder: Path | str,
    card: Card,
    write_graph: WriteGraph,
    trained_on: Iterable[str] | None = None,
    features: FeatureStatistics | None = None,
    hashes: Iterable[str] = (),
    write_second_reader: WriteGraph | None = None,
) -> Bundle:
    """Write a model's folder atomically, and open it as its user will.

    Args:
        folder: where the model shall lie; must not exist.
        card: what the model says about itself.
        write_graph: called with a folder, writes `graph.xml` and `graph.bin` into it
            (`fetal.training.export.graph.export_graph`).
        trained_on: digests of the scans that it was trained on, so that no later evaluation
            is fooled by them.
        features: how the model sees the scans of each plane.
        hashes: near-duplicate hashes of the scans that it was trained on, which also tell those
            that come back under other pixels (`fetal.scans.similarity.perceptual_hash.to_text`).
        write_second_reader: called with a folder, writes `second_reader.xml` and
            `second_reader.bin` into it; `card.second_reader` tells of it. If None, there is none.

    Returns:
        The model as written and checked.

    Raises:
        BundleExistsError: the folder exists.
        BundleError: what was written is not a model that can be opened.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_graph(draft)
        if write_second_reader is not None:
            write_second_reader(draft)
        (draft / "card.json").write_text(card.to_text(), "utf-8")
        if trained_on is not None:
            write_training_list(draft, trained_on, hashes)
        if features is not None:
            features.write(draft)
        (draft / DIGESTS).write_text(digests_text(draft), "utf-8")
        Bundle.open(draft)
        draft.chmod(0o777 & ~_mask())
        for path in (*draft.iterdir(), draft):
            _flush(path)
        _move(draft, folder)
        _flush(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Bundle.open(folder)


def copy_with_card(
    bundle: Bundle,
    card: Card,
    folder: Path | str,
    features: FeatureStatistics | None = None,
    *,
    write_second_reader: WriteGraph | None = None,
    learnt: TrainingList | None = None,
) -> Bundle:
    """Write a model anew with another card, such as one that holds new figures.

    Its second reader comes along where the new card tells of one.

    Args:
        bundle: the model; it stays as it is.
        card: what the copy says about itself.
        folder: where the copy shall lie; must not exist.
        features: how the model sees the scans of each plane; by default what it says itself.
        write_second_reader: writes another second reader, as `write_bundle` takes it.
        learnt: scans that the copy knows besides those of the model, such as those that another
            second reader was trained on.

    Returns:
        The copy, which has a digest of its own.

    Raises:
        BundleExistsError: the folder exists.
    """

    kept = features or bundle.features()
    known = bundle.training_list()
    if learnt is not None:
        known = known.joined(learnt)
    if card.second_reader is not None and write_second_reader is None:
        write_second_reader = copy_second_reader(bundle)
    return write_bundle(
        folder,
        card,
        lambda target: _copy(bundle, "graph", target),
        known.digests or None,
        kept,
        [to_text(one) for one in known.hashes],
        write_second_reader,
    )


def rewrite_card(bundle: Bundle, card: Card) -> Bundle:
    """Give a model another card in its own folder, such as one that holds new figures.

    The folder with the new card is written whole beside it, and then takes its place.

    Args:
        bundle: the model; its folder is replaced.
        card: what it says about itself from now on.

    Returns:
        The model with its new card, and so with another digest.

    Raises:
        BundleError: what was written is not a model that can be opened; the old one stays.
    """
    folder = bundle.folder
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        copy_with_card(bundle, card, draft / "new")
        folder.rename(draft / "old")
        try:
            (draft / "new").rename(folder)
        except OSError:
            (draft / "old").rename(folder)
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Bundle.open(folder)


def copy_second_reader(bundle: Bundle | None) -> WriteGraph | None:
    """Return what copies a model's second reader into another folder; None if it has none."""
    if bundle is None or bundle.second_graph is None:
        return None
    return lambda target: _copy(bundle, SECOND_READER, target)


def _copy(bundle: Bundle, name: str, target: Path) -> None:
    for file in (f"{name}.xml", f"{name}.bin"):
        shutil.copyfile(bundle.folder / file, target / file)


def _move(draft: Path, folder: Path) -> None:
    try:
        if folder.exists():
            raise FileExistsError(folder)
        draft.rename(folder)
    except OSError as error:
        if not folder.exists():
            raise
        raise BundleExistsError(
            f"“{folder}” exists already. Give the new model another name."
        ) from error


def _flush(path: Path) -> None:
    if path.is_file():
        with path.open("r+b") as stream:
            os.fsync(stream.fileno())
    elif os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mask() -> int:
    """What the process keeps from others; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
