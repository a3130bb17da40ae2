"""The pipeline: labelled scans and settings in, a calibrated model folder out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import keras

from fetal.bundle import Bundle, write_bundle
from fetal.configuration.declared import TRAINING_DEVICES
from fetal.progress import Progress
from fetal.splits import TRAIN, VALIDATION, check_apart
from fetal.training.data.examples import Example, check_examples, phantoms
from fetal.training.data.prepared_scans import PreparedScans, write_frames
from fetal.training.data.scans_learnt_from import scans_learnt_from
from fetal.training.divergence import stop_if_diverged
from fetal.training.events import DeviceChosen, LogLine, OnEvent, StageBegun, StepDone
from fetal.training.features.feature_cache import open_cache
from fetal.training.model_card import About, write_card
from fetal.training.networks.architectures import IMAGENET, build
from fetal.training.networks.compute_device import (
    choose_precision,
    describe,
    own_precision,
    spread,
)
from fetal.training.networks.from_bundle import move_back, restore
from fetal.training.networks.initial_weights import load_imagenet, load_weights_file
from fetal.training.second_reader.fine_tune import STAGE as SECOND_READER
from fetal.training.second_reader.learn_along import learns_along, second_reader_of
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
from fetal.training.stages.stage_context import Splits, StageContext
from fetal.training.validation import validate

MODEL = "model"

READING = "Reading the scans"
CALIBRATING = "Checking its probabilities"
WRITING = "Writing the model"


class NoOpenVINOError(ValueError):
    """A trained network that cannot be written, since what writes it is not installed."""


@own_precision()
def train(
    examples: Sequence[Example],
    settings: TrainingSettings,
    folder: Path,
    on_event: OnEvent,
    *,
    about: About,
    champion: Bundle | None = None,
    cache: Path | None = None,
) -> Bundle:
    """Train a model.

    Called again with the same arguments on a folder in which it was killed, it goes on from the
    last epoch that was written; on one in which it finished, it returns the model.

    Args:
        examples: Labelled scans of training and validation patients.
        settings: How to train.
        folder: Where the run keeps its frames, checkpoints and, in the end, `model`.
        on_event: Called with every stage, step, epoch and log line.
        about: What the card says of the model.
        champion: The model to start from if `settings.start` is `champion`.
        cache: The folder of features that runs share. If None, `features` in the run's folder.

    Returns:
        The new model.

    Raises:
        UnfitExamplesError: too few scans, planes or patients.
        WeightsError: the weights to start from cannot be had.
        DivergedError: the loss is no number any more.
        NoOpenVINOError: the network is trained, but cannot be written here. Called again with the
            same folder where OpenVINO is installed, it is.
    """
    if (folder / MODEL).exists():
        return Bundle.open(folder / MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    check_examples(examples)
    # How long it took together with a call that was stopped, nobody knows.
    began = None if load_position(folder).begun else monotonic()
    run = _Run.prepare(settings, folder, stop_if_diverged(on_event), champion, cache)
    run.begin_computing()
    run.begin_stage(READING)
    splits = _read(run, examples)
    context = _start(run, splits)
    _fit(run, context)
    run.begin_stage(CALIBRATING)
    validation = validate(context, examples, run.champion)
    if learns_along(run.champion, run.settings):
        run.begin_stage(SECOND_READER)
    second = second_reader_of(run.champion, examples, run.settings, folder, run.on_event)
    minutes = None if began is None else round((monotonic() - began) / 60, 1)
    card = write_card(context, examples, validation, about, run.champion, second.card, minutes)
    run.begin_stage(WRITING)
    if find_spec("openvino") is None:
        raise NoOpenVINOError(
            "The network is trained, but OpenVINO, which writes the model, is not installed here. "
            f"Install it, or copy the folder “{folder}” to a machine that has it; give the same "
            "command again there, and the model is written without learning anew."
        )
    # Imported here: what only trains a network does without it.
    from fetal.training.export.graph import export_graph

    digests, hashes = scans_learnt_from(examples, run.settings, run.champion)
    return write_bundle(
        folder / MODEL,
        card,
        lambda target: export_graph(context.model, target),
        digests,
        validation.statistics,
        hashes,
        second.write,
    )


@own_precision()
def train_network(
    splits: Splits,
    settings: TrainingSettings,
    folder: Path,
    on_event: OnEvent,
    *,
    cache: Path | None = None,
) -> keras.Model:
    """Train a network on prepared scans and write no model.

    Called again on a folder in which it was killed, it goes on from the last epoch that was
    written.

    Args:
        splits: The training and the validation scans, of different patients.
        settings: How to train; it starts from weights, from ImageNet or from nothing.
        folder: Where checkpoints go; must exist.
        on_event: Called with every stage, step, epoch and log line.
        cache: The folder of features that runs share. If None, `features` in `folder`.

    Returns:
        The network with its best weights, from scans to maps and logits.

    Raises:
        ValueError: a patient is in both splits, or the settings start from a champion.
        WeightsError: the weights to start from cannot be had.
    """
    check_apart({TRAIN: splits.train.patients, VALIDATION: splits.validation.patients})
    run = _Run.prepare(settings, folder, on_event, None, cache)
    run.begin_computing()
    context = _start(run, splits)
    _fit(run, context)
    return context.model


@dataclass
class _Run:
    """A run: what was asked for, and how many of its stages have begun."""

    settings: TrainingSettings
    folder: Path
    on_event: OnEvent
    champion: Bundle | None
    """The model that it starts from; None if it starts from weights or from nothing."""
    cache: Path
    begun: int = 0

    @classmethod
    def prepare(
        cls,
        settings: TrainingSettings,
        folder: Path,
        on_event: OnEvent,
        champion: Bundle | None,
        cache: Path | None,
    ) -> "_Run":
        if settings.start != "champion":
            champion = None
        elif champion is None:
            raise ValueError("Start “champion” expects a model to start from; none was given.")
        else:
            # Retraining keeps the champion's shape: other weights would not fit.
            card = champion.card
            settings = settings.but(
                architecture=card.architecture,
                size=card.input.size,
                crop_to_sector=card.input.crop_to_sector,
            )
        return cls(settings, folder, on_event, champion, cache or folder / "features")

    def begin_computing(self) -> None:
        keras.utils.set_random_seed(self.settings.seed)
        spread(TRAINING_DEVICES.value())
        policy = choose_precision(self.settings.mixed_precision)
        self.on_event(DeviceChosen(describe()))
        self.log(f"Computing on {describe()} in {policy}.")

    def begin_stage(self, name: str) -> None:
        self.begun += 1
        # Besides those of the schedule: reading, calibrating and writing.
        others = 3 + learns_along(self.champion, self.settings)
        self.on_event(StageBegun(name, self.begun, len(self.settings.stages) + others))

    def log(self, text: str) -> None:
        self.on_event(LogLine(text))


def _read(run: _Run, examples: Sequence[Example]) -> Splits:
    """Read and prepare the scans, with the simulated ones that the settings add."""

    def on_progress(progress: Progress) -> None:
        run.on_event(StepDone(READING, progress.done, progress.total))

    members = {
        TRAIN: [one for one in examples if one.split == TRAIN] + phantoms(run.settings),
        VALIDATION: [one for one in examples if one.split == VALIDATION],
    }
    return Splits(
        *(write_frames(some, run.settings, run.folder, on_progress) for some in members.values())
    )


def _start(run: _Run, splits: Splits) -> StageContext:
    """Build the network with the weights that the run starts from."""
    model, fresh = _first_network(run, splits.train)
    return StageContext(
        model,
        run.settings,
        splits,
        run.folder,
        run.on_event,
        fresh,
        open_cache(run.cache) if run.settings.cache_features else None,
        Rehearsal.of(run.champion, run.settings, run.on_event),
    )


def _first_network(run: _Run, scans: PreparedScans) -> tuple[keras.Model, list[str]]:
    """The network to start from, and the names of its layers without trained weights."""
    settings = run.settings
    if run.champion is not None:
        return restore(run.champion, dropout=settings.dropout), []
    if settings.normalise == "training set":
        mean, std = scans.grey_levels()
    else:
        mean, std = IMAGENET[settings.architecture]
    model = build(settings.architecture, settings.size, mean, std, dropout=settings.dropout)
    if settings.start == "weights" and settings.weights:
        fresh = load_weights_file(model, Path(settings.weights))
    elif settings.start == "imagenet":
        fresh = load_imagenet(model)
    else:
        fresh = [layer.name for layer in model.layers if layer.weights]
    if fresh:
        run.log(f"These layers start fresh: {', '.join(fresh)}.")
    return model, fresh


def _fit(run: _Run, context: StageContext) -> None:
    """Fit stage after stage, from the last checkpoint if there is one."""
    model, best = context.model, run.folder / "best.npz"
    position = load_position(run.folder)
    if position.begun:
        load_variables(best, model.variables)
        run.log(f"Going on after epoch {position.epoch} of stage {position.stage + 1}.")
    for number, stage in enumerate(run.settings.stages):
        run.begin_stage(stage.name)
        if number < position.stage:
            continue
        if stage.learn == "head":
            fit_head(context, stage)
            save_variables(best, model.variables)
        else:
            fit_stage(context, stage, position)
        position = replace(position, stage=number + 1, epoch=0, waited=0)
        save_position(run.folder, position)
    if run.champion is not None:
        move_back(model, run.champion, run.settings.keep)
