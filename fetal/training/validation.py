"""What a trained network says of its own scans: calibration, familiarity and validation figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle, Calibration, FeatureStatistics
from fetal.metrics import Evaluation, evaluate, set_thresholds
from fetal.splits import TRAIN
from fetal.training.calibrate import fit_doubt, fit_temperature, stay_near, to_chances
from fetal.training.data.examples import Example
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.features.fit_statistics import fit_features, fit_unknown
from fetal.training.features.float32_inference import exact_copy, outputs_of
from fetal.training.stages.stage_context import StageContext


@dataclass(frozen=True)
class Validation:
    """What a trained network says of its scans.

    Attributes:
        calibration: fitted to the validation scans.
        statistics: of the features of all scans that the network has learnt from; None if the
            champion that it started from carries none, since those of the new scans alone would
            call strange what it knows.
        figures: on the validation scans, by patient.
    """

    calibration: Calibration
    statistics: FeatureStatistics | None
    figures: Evaluation


def validate(
    context: StageContext, examples: Sequence[Example], champion: Bundle | None
) -> Validation:
    """Calibrate a trained network and measure it on validation patients.

    The statistics are of every scan that the network has learnt from, simulated ones too: what it
    finds familiar is what it has seen. They are taken of the scans unvaried. Those of the champion
    that it started from are carried on, and its calibration is only moved as far as there are
    validation scans to move it.

    Args:
        context: What every stage of the run worked with; its network is trained.
        examples: The scans of both splits.
        champion: The model that the network started from; None if it started from none.

    Returns:
        Calibration, statistics and figures.
    """
    settings, splits = context.settings, context.splits
    exact = exact_copy(context.model, settings)
    features, _ = outputs_of(exact, settings, splits.train)
    others, logits = outputs_of(exact, settings, splits.validation)
    statistics = _statistics(features, splits.train, examples, champion)
    calibration = _calibrate(
        logits,
        splits.validation,
        statistics.strangeness(others) if statistics else None,
        champion.card.calibration if champion else None,
    )
    chances = to_chances(logits, calibration.temperature)
    figures = evaluate(splits.validation.classes, chances, splits.validation.patients)
    context.log(f"Validation accuracy {figures.accuracy.percent()}.")
    return Validation(calibration, statistics, figures)


def _statistics(
    features: NDArray[np.float32],
    train: PreparedScans,
    examples: Sequence[Example],
    champion: Bundle | None,
) -> FeatureStatistics | None:
    """Those of the champion and of the scans that it had not learnt from, or of all scans."""
    if champion is None:
        return fit_features(features, train.classes)
    known = champion.features()
    if known is None:
        return None
    before = champion.trained_on()
    seen = [example.digest in before for example in examples if example.split == TRAIN]
    new = ~np.pad(np.array(seen, bool), (0, len(train.classes) - len(seen)))
    if not new.any():
        return known
    return known.merged_with(fit_features(features[new], train.classes[new]))


def _calibrate(
    logits: NDArray[np.float64],
    validation: PreparedScans,
    strangeness: NDArray[np.float64] | None,
    before: Calibration | None,
) -> Calibration:
    """Fit to the validation split; near what a champion had, as far as that split is small."""
    scans = len(validation.classes)
    temperature = fit_temperature(logits, validation.classes)
    if before:
        temperature = stay_near(temperature, before.temperature, scans)
    doubt = fit_doubt(logits, validation.classes, temperature)
    unknown = None if strangeness is None else fit_unknown(strangeness)
    if before:
        doubt = stay_near(doubt, before.check_below, scans)
    if before and before.unknown_above and unknown:
        # Never lower: the new scans say nothing of how strange the others may look.
        unknown = max(unknown, before.unknown_above)
    return Calibration(
        temperature,
        check_below=doubt,
        unknown_above=unknown,
        # Of these scans alone: a champion's thresholds are of other probabilities.
        plane_sets=set_thresholds(
            validation.classes, to_chances(logits, temperature), validation.patients
        ),
    )
