"""The pipeline: labelled scans and settings in, a calibrated model folder out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from fetal.bundle import Bundle, write_bundle
from fetal.scans.similarity.perceptual_hash import to_text
from fetal.splits import TRAIN, VALIDATION, check_apart
from fetal.training.data.examples import Example, check_examples, hash_of, phantoms
from fetal.training.data.prepared_scans import PreparedScans, write_frames
from fetal.training.divergence import ending_where_it_diverges
from fetal.training.export import export_graph
from fetal.training.features.extractor import Report
from fetal.training.features.feature_cache import open_cache
from fetal.training.model_card import About, write_card
from fetal.training.networks.architectures import IMAGENET, build
from fetal.training.networks.compute_device import choose_precision, describe, own_precision
from fetal.training.networks.from_bundle import move_back, restore
from fetal.training.networks.initial_weights import load_imagenet, load_weights_file
from fetal.training.settings import TrainingSettings
from fetal.training.stages.checkpoint import (
    load_position,
    load_variables,
    save_position,
    save_variables,
)
from fetal.training.stages.fit_head import fit_head
from fetal.training.stages.fit_stage import fit_stage
from fetal.training.stages.rehearsal import Rehearsal

MODEL = "model"


@own_precision()
def train(
    examples: Sequence[Example],
    settings: TrainingSettings,
    folder: Path,
    report: Report,
    *,
    about: About,
    champion: Bundle | None = None,
    cache: Path | None = None,
) -> Bundle:
    """Train a model.

    Called again with the same arguments on a folder in which it was killed, it goes on from the
    last finished epoch; on one in which it finished, it returns the model.

    Args:
        examples: Labelled scans of training and validation patients.
        settings: How to train.
        folder: Where the run keeps its frames, checkpoints and, in the end, `model`.
        report: Told of stages, steps, epochs and log lines, as dictionaries with a `kind`.
        about: What the card says of the model.
        champion: The model to start from when `settings.start` is `champion`.
        cache: The folder of features that runs share; none is `features` in the run's folder.

    Returns:
        The new model.

    Raises:
        UnfitExamplesError: too few scans, planes or patients.
        WeightsError: the weights to start from cannot be had.
        DivergedError: the loss is no number any more.
    """
    if (folder / MODEL).exists():
        return Bundle.open(folder / MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    check_examples(examples)
    settings = _as_champion(settings, champion)
    report = ending_where_it_diverges(report)
    run = _Run(settings, folder, report, champion, cache)
    run.begin()
    splits = run.read(examples)
    model = run.train(splits)
    run.tell("Checking its probabilities")
    card, features = write_card(model, settings, examples, splits, about, champion, report)
    run.tell("Writing the model")
    digests = {example.digest for example in examples}
    hashes = {hash_of(example) for example in [*examples, *phantoms(settings)]}
    if champion and settings.start == "champion":
        known = champion.training_list()
        digests |= known.digests
        hashes |= {to_text(one) for one in known.hashes}
    return write_bundle(
        folder / MODEL,
        card,
        lambda target: export_graph(model, target),
        digests,
        features,
        hashes,
    )


@own_precision()
def train_network(
    splits: tuple[PreparedScans, PreparedScans],
    settings: TrainingSettings,
    folder: Path,
    report: Report,
    *,
    cache: Path | None = None,
) -> keras.Model:
    """Train a network on framed scans and write no model.

    Called again on a folder in which it was killed, it goes on from the last finished epoch.

    Args:
        splits: The training and the validation frames, of different patients.
        settings: How to train; it starts from weights, from ImageNet or from nothing.
        folder: Where checkpoints go; must exist.
        report: Told of stages, steps, epochs and log lines.
        cache: The folder of features that runs share; none is `features` in `folder`.

    Returns:
        The network with its best weights, from scans to maps and logits.

    Raises:
        ValueError: a patient is in both splits, or the settings start from a champion.
        WeightsError: the weights to start from cannot be had.
    """
    check_apart({TRAIN: splits[0].patients, VALIDATION: splits[1].patients})
    run = _Run(_as_champion(settings, None), folder, report, None, cache, index=1)
    run.begin()
    return run.train(splits)


def _as_champion(settings: TrainingSettings, champion: Bundle | None) -> TrainingSettings:
    """Retraining keeps the champion's shape: other weights would not fit."""
    if settings.start != "champion":
        return settings
    if champion is None:
        raise ValueError("Start “champion” expects a model to start from; none was given.")
    card = champion.card
    return settings.but(
        architecture=card.architecture,
        size=card.input.size,
        crop_to_sector=card.input.crop_to_sector,
    )


@dataclass
class _Run:
    """One run on its way; each method is one of its steps."""

    settings: TrainingSettings
    folder: Path
    report: Report
    champion: Bundle | None
    cache: Path | None
    index: int = 0

    def begin(self) -> None:
        keras.utils.set_random_seed(self.settings.seed)
        policy = choose_precision(self.settings.mixed_precision)
        self.report({"kind": "device", "device": describe()})
        self.report({"kind": "log", "text": f"Computing on {describe()} in {policy}."})

    def tell(self, stage: str) -> None:
        self.index += 1
        total = len(self.settings.stages) + 3
        self.report({"kind": "stage", "stage": stage, "index": self.index, "of": total})

    def read(self, examples: Sequence[Example]) -> tuple[PreparedScans, PreparedScans]:
        self.tell("Reading the scans")
        added = phantoms(self.settings)
        splits = {
            TRAIN: [item for item in examples if item.split == TRAIN] + added,
            VALIDATION: [item for item in examples if item.split == VALIDATION],
        }

        def on_step(done: int, total: int) -> None:
            self.report(
                {"kind": "step", "stage": "Reading the scans", "step": done, "steps": total}
            )

        train_frames, validation_frames = (
            write_frames(members, self.settings, self.folder, on_step)
            for members in splits.values()
        )
        return train_frames, validation_frames

    def train(self, splits: tuple[PreparedScans, PreparedScans]) -> keras.Model:
        model, fresh = self.start(splits[0])
        self.fit(model, splits, fresh)
        if self.champion is not None and self.settings.start == "champion":
            move_back(model, self.champion, self.settings.keep)
        return model

    def start(self, train_frames: PreparedScans) -> tuple[keras.Model, list[str]]:
        settings = self.settings
        if settings.start == "champion" and self.champion is not None:
            return restore(self.champion, dropout=settings.dropout), []
        if settings.normalise == "training set":
            mean, std = _grey_levels(train_frames)
        else:
            mean, std = IMAGENET[settings.architecture]
        model = build(settings.architecture, settings.size, mean, std, dropout=settings.dropout)
        fresh: list[str] = []
        if settings.start == "weights" and settings.weights:
            fresh = load_weights_file(model, Path(settings.weights))
        elif settings.start == "imagenet":
            fresh = load_imagenet(model)
        else:
            fresh = [layer.name for layer in model.layers if layer.weights]
        if fresh:
            text = f"These layers start fresh: {', '.join(fresh)}."
            self.report({"kind": "log", "text": text})
        return model, fresh

    def fit(
        self, model: keras.Model, splits: tuple[PreparedScans, PreparedScans], fresh: list[str]
    ) -> None:
        cache = None
        if self.settings.cache_features:
            cache = open_cache(self.cache or self.folder / "features")
        rehearsal = Rehearsal.of(self.champion, self.settings, self.report)
        position = load_position(self.folder)
        best = self.folder / "best.npz"
        if position.stage or position.epoch:
            load_variables(best, model.variables)
            text = f"Going on after epoch {position.epoch} of stage {position.stage + 1}."
            self.report({"kind": "log", "text": text})
        for number, stage in enumerate(self.settings.stages):
            self.tell(stage.name)
            if number < position.stage:
                continue
            if stage.learn == "head":
                fit_head(model, stage, self.settings, splits, self.report, cache, rehearsal)
                save_variables(best, model.variables)
            else:
                fit_stage(
                    model,
                    stage,
                    self.settings,
                    splits,
                    fresh,
                    self.folder,
                    position,
                    self.report,
                    cache,
                    rehearsal,
                )
            position = replace(position, stage=number + 1, epoch=0, waited=0)
            save_position(self.folder, position)


def _grey_levels(frames: PreparedScans) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation over all pixels of the training side, for three equal channels."""
    counts = np.zeros(256)
    for frame in frames.pixels:
        counts += np.bincount(frame.ravel(), minlength=256)
    share, level = counts / counts.sum(), np.arange(256)
    mean = float(share @ level)
    return (mean,) * 3, (float(np.sqrt(share @ (level - mean) ** 2)),) * 3
