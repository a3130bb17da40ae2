"""How the shipped model was made: trained from ImageNet's weights, and a second reader beside it.

    fetal frames --pack fetal-planes-db --images DIR --pack more-scans --images DIR --out FRAMES
    python benchmarks/renew_shipped.py first FRAMES --weights FILE --about ABOUT --out RUN
    python benchmarks/renew_shipped.py further FRAMES --weights RUN/model --about ABOUT --out RUN2
    python benchmarks/renew_shipped.py second FRAMES --model RUN2/model --sononet FILE --out RUN3

The first command trains on a GPU in a minute or two, and stops before the model is written where
OpenVINO is missing; given again where it is, it writes the model. `further` trains that on, with
scans varied more as other machines would show them. The first shipped model learnt from training
patients of FETAL_PLANES_DB and was calibrated on others; both stay on their sides here, and the
patients of the other sources are dealt out by themselves. The last command fine-tunes the second
reader, or takes over that of another model (`--reader MODEL` in place of `--sononet`), calibrates
it on the same validation patients, and writes the model with it to RUN3/model. Scans of no fetal
plane are learnt as Other.

    python benchmarks/renew_shipped.py early FRAMES --weights MODEL --about ABOUT --out RUN

trains a model on with simulated scans of early pregnancy. The shipped model was not: that gained
nothing where HC18's heads are learnt from (docs/experiments.md). `--without HC18` leaves a source
out of a step, so that the model can be judged on it.
"""

import argparse
import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fetal.packs import PackFile, read_pack
from fetal.planes import Plane
from fetal.splits import TEST, TRAIN, VALIDATION, assign_splits
from fetal.third_party import load_keras
from fetal.training.settings import PRESETS, Stage, TrainingSettings

OWN = "FETAL_PLANES_DB"

LOST = 0.03
"""The most of the right validation answers that may lose their *sure* to the second reader."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the shipped model anew.")
    steps = parser.add_subparsers(required=True)
    first = steps.add_parser("first", help="train the first reader")
    first.set_defaults(step=train_first, recipe=recipe)
    further = steps.add_parser("further", help="train the first reader on")
    further.set_defaults(step=train_first, recipe=further_recipe)
    early = steps.add_parser("early", help="train it on with scans of early pregnancy")
    early.set_defaults(step=train_first, recipe=early_recipe)
    for one in (first, further, early):
        one.add_argument("--weights", type=Path, required=True, help="what it starts from")
        one.add_argument("--about", type=Path, required=True, help="what its card says of the data")
        one.add_argument("--name", default="Shipped, November 2026 (fourth)")
        one.add_argument("--seed", type=int, default=7)
        one.add_argument("--without", help="a source to leave out, by how its name begins")
    second = steps.add_parser("second", help="fine-tune the second reader and join it")
    second.add_argument("--model", type=Path, required=True, help="the model that it joins")
    reader = second.add_mutually_exclusive_group(required=True)
    reader.add_argument("--sononet", type=Path, help="SonoNet-16 with its head, to fine-tune")
    reader.add_argument("--reader", type=Path, help="a model whose second reader is taken over")
    second.set_defaults(step=train_second)
    for one in (first, further, early, second):
        one.add_argument("frames", type=Path, help="a folder that `fetal frames` wrote")
        one.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    load_keras()
    chosen.step(chosen, read_pack("frames", chosen.frames))


def splits_of(files: Sequence[PackFile]) -> dict[str, str]:
    """The split of each patient: train or validation, none is kept to test."""
    own = [file for file in files if file.source == OWN and file.machine]
    others = [file for file in files if not (file.source == OWN and file.machine)]
    # As the official table names them: the model before was split by these names.
    named = dealt((official_name(file), file) for file in own)
    return {
        **dealt((file.patient, file) for file in others),
        **{file.patient: named[official_name(file)] for file in own},
    }


def official_name(file: PackFile) -> str:
    return f"Patient{int(file.patient.rpartition(' ')[2]):05d}"


def dealt(owned: Iterable[tuple[str, PackFile]]) -> dict[str, str]:
    counts: dict[str, Counter[Plane]] = {}
    for patient, file in owned:
        counts.setdefault(patient, Counter())[file.plane or Plane.OTHER] += 1
    splits = assign_splits(counts, {})
    return {patient: TRAIN if split == TEST else split for patient, split in splits.items()}


def recipe(weights: Path, seed: int) -> TrainingSettings:
    shipped = PRESETS["shipped"]
    return shipped.but(
        weights=str(weights),
        stages=(
            Stage("Upper layers", "conv5", epochs=4, learning_rate=5e-4),
            Stage("All layers", "all", epochs=28, learning_rate=2e-4, patience=28),
        ),
        augmentation=dataclasses.replace(shipped.augmentation, curve=0.4, grain=0.2, harmonic=0.5),
        batch=32,
        seed=seed,
    )


def further_recipe(weights: Path, seed: int) -> TrainingSettings:
    """Wider, flatter and deeper sectors, and the grey levels of other sources' scans."""
    settings = recipe(weights, seed)
    return settings.but(
        stages=(Stage("All layers, further", "all", epochs=8, learning_rate=5e-5, patience=8),),
        augmentation=dataclasses.replace(
            settings.augmentation, stretch=0.2, depth=0.3, histogram=0.3, spectrum=0.3
        ),
    )


def early_recipe(weights: Path, seed: int) -> TrainingSettings:
    """Simulated scans of early pregnancy beside all others."""
    settings = further_recipe(weights, seed)
    return settings.but(
        stages=(
            Stage("Early pregnancy", "all", epochs=6, learning_rate=5e-5, patience=6, keeps="last"),
        ),
        early_phantoms=240,
    )


def train_first(chosen: argparse.Namespace, files: Sequence[PackFile]) -> None:
    from fetal.training.data.examples import Example
    from fetal.training.model_card import About
    from fetal.training.pipeline import train

    splits = splits_of(files)
    if chosen.without:
        files = [file for file in files if not file.source.startswith(chosen.without)]
    examples = [
        Example(
            file.digest or file.read().digest,
            file.plane or Plane.OTHER,
            file.patient,
            splits[file.patient],
            reader_of(file),
            file.look,
            file.source,
        )
        for file in files
    ]
    said = json.loads(chosen.about.read_text("utf-8"))
    settings = chosen.recipe(chosen.weights, chosen.seed)
    about = About(chosen.name, said["data"], said["limits"], said["statements"])
    print(train(examples, settings, chosen.out, print, about=about).folder)


def reader_of(file: PackFile) -> Callable[[], Any]:
    def read() -> Any:
        scan = file.read()
        return scan.pixels, scan.sector

    return read


def reader_settings(epochs: int = 8) -> Any:
    """How the shipped second reader was fine-tuned."""
    from fetal.training.second_reader.reader_settings import SecondReaderSettings

    return SecondReaderSettings(
        learn="all",
        epochs=epochs,
        distillation=0.5,
        fragments=0.2,
        augmentation=PRESETS["shipped"].augmentation,
    )


def part_of(files: Sequence[PackFile], which: np.ndarray) -> Any:
    """Some of the scans as the second reader learns them."""
    from fetal.training.second_reader.reader_batches import ReaderScans
    from fetal.training.second_reader.reader_frames import frame_for_reader

    chosen = [files[number] for number in np.flatnonzero(which).tolist()]
    scans = [one.read() for one in chosen]
    frames = np.stack([frame_for_reader(scan.pixels, scan.sector) for scan in scans])
    return ReaderScans.of(frames, [one.plane for one in chosen])


def train_second(chosen: argparse.Namespace, files: Sequence[PackFile]) -> None:
    from fetal.bundle import Bundle
    from fetal.training.second_reader.restored_reader import restore_reader

    settings, splits = reader_settings(), splits_of(files)
    if chosen.reader:
        reader = restore_reader(Bundle.open(chosen.reader))
    else:
        reader = fine_tuned(chosen, settings, files, splits)
    calibrated_join(chosen, reader, settings, files, splits)


def fine_tuned(
    chosen: argparse.Namespace, settings: Any, files: Sequence[PackFile], splits: Mapping[str, str]
) -> Any:
    """SonoNet-16, fine-tuned on the training patients among the files."""
    from fetal.training.second_reader.fine_tune import fine_tune
    from fetal.training.second_reader.reader_network import load_reader

    learns = np.array([splits[file.patient] == TRAIN for file in files])
    return fine_tune(
        load_reader(chosen.sononet),
        part_of(files, learns),
        settings,
        chosen.out / "reader",
        print,
        validation=part_of(files, ~learns),
    )


def calibrated_join(
    chosen: argparse.Namespace,
    reader: Any,
    settings: Any,
    files: Sequence[PackFile],
    splits: Mapping[str, str],
) -> None:
    """Join a second reader to a model, both asked about the scans of validation patients."""
    from fetal.predict import Doubt, load_model
    from fetal.training.second_reader.reader_frames import frame_for_reader

    kept = [file for file in files if splits[file.patient] == VALIDATION]
    scans = [file.read() for file in kept]
    told = list(load_model(chosen.model).predict_many(scans))
    sure = [
        one.doubt is Doubt.SURE and one.plane is (file.plane or Plane.OTHER)
        for file, one in zip(kept, told, strict=True)
    ]
    frames = np.stack([frame_for_reader(scan.pixels, scan.sector) for scan in scans])
    join(chosen, reader, settings, frames, [file.plane for file in kept], told, sure)


def join(
    chosen: argparse.Namespace,
    reader: Any,
    settings: Any,
    frames: np.ndarray,
    planes: Sequence[Plane | None],
    told: Sequence[Any],
    sure: Sequence[bool],
) -> None:
    """Calibrate the second reader on validation scans, and write the model with it."""
    from fetal.bundle import Bundle
    from fetal.training.second_reader.add_to_bundle import add_second_reader, reader_card
    from fetal.training.second_reader.agreement import fit_agreement, fit_reader_temperature

    batches = (frames[at : at + 16, ..., None] for at in range(0, len(frames), 16))
    logits = np.concatenate(
        [np.asarray(reader(batch.astype(np.float32), training=False)[1]) for batch in batches]
    )
    temperature = fit_reader_temperature(logits, planes)
    right = np.flatnonzero(sure).tolist()
    agree_at = fit_agreement(logits[right], [told[n].plane for n in right], temperature, LOST)
    print(f"temperature {temperature:.3f}, agrees from {agree_at:.3f} on, {len(right)} scans")
    bundle = Bundle.open(chosen.model)
    card = reader_card(
        temperature=temperature,
        agree_at=agree_at,
        training={"scans": "the first reader's", **settings.to_json()},
        # Neither the phantoms nor the weights that either reader began with.
        data=[one for one in bundle.card.data if str(one["licence"]).startswith("CC BY")],
    )
    # It learnt from no scan that the first reader did not learn from.
    print(add_second_reader(bundle, reader, card, chosen.out / "model").folder)


if __name__ == "__main__":
    main()
