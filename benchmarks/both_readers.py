"""Whether both readers together name the plane better than the first one alone.

Each way to join their probabilities is measured on training scans of packs that taught the readers
nothing: those of validation patients, and with `--without HC18` also those of a source that neither
reader has seen. Scans that are kept to test are in no folder that `fetal frames` writes.

    fetal frames --pack fetal-planes-db --images DIR --pack more-scans --images DIR --out FRAMES
    python benchmarks/both_readers.py measure FRAMES --model MODEL [--unseen HC18]
    python benchmarks/both_readers.py leave-out FRAMES --without HC18 --model MODEL \
        --sononet FILE --out RUN

The second line measures a model. The third fine-tunes a second reader without a source, and writes
RUN/model: a model that never saw that source, with this second reader. A stopped run goes on.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from renew_shipped import calibrated_join, fine_tuned, reader_settings, splits_of

from fetal.metrics import evaluate, share
from fetal.packs import PackFile, read_pack
from fetal.planes import FETAL_PLANES, PLANES, Plane
from fetal.predict import Doubt, load_model
from fetal.splits import VALIDATION
from fetal.third_party import load_keras
from fetal.training.calibrate import fit_doubt, fit_temperature, to_chances

Floats = NDArray[np.float64]
NAMED = FETAL_PLANES
"""The planes that both readers know."""

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6)
"""How much of the word the second reader has."""

LEAST = 1e-9


@dataclass(frozen=True)
class Answers:
    """What both readers said of n scans."""

    first: Floats
    """(n, 6), in the order of PLANES."""
    second: Floats
    """(n, 5): the four planes in the order of PLANES, and no standard plane."""
    truth: NDArray[np.int64]
    patients: list[str]
    doubts: list[Doubt]
    agree_at: float

    def take(self, chosen: NDArray[np.bool_]) -> "Answers":
        """Return those of some scans."""
        places = np.flatnonzero(chosen)
        return Answers(
            self.first[chosen],
            self.second[chosen],
            self.truth[chosen],
            [self.patients[n] for n in places],
            [self.doubts[n] for n in places],
            self.agree_at,
        )

    def agree(self, named: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the second reader agrees with a plane for each scan."""
        return self.second[np.arange(len(named)), np.minimum(named, len(NAMED))] >= self.agree_at


def pooled(answers: Answers, second: float, straight: bool) -> Floats:
    """Mean, or normalised geometric mean, of five answers; (n, 6).

    Cervix and *Other* share what no standard plane gets as the first reader has it.
    """
    four = len(NAMED)
    rest = np.maximum(answers.first[:, four:], LEAST)
    first = np.hstack([answers.first[:, :four], rest.sum(axis=1, keepdims=True)])
    if straight:
        five = (1 - second) * first + second * answers.second
    else:
        logs = [np.log(np.maximum(one, LEAST)) for one in (first, answers.second)]
        five = np.exp((1 - second) * logs[0] + second * logs[1])
    five /= five.sum(axis=1, keepdims=True)
    return np.hstack([five[:, :four], five[:, four:] * rest / rest.sum(axis=1, keepdims=True)])


def among_planes(answers: Answers, second: float) -> Floats:
    """The mean over the four planes alone; cervix and *Other* keep what the first reader gives."""
    four = len(NAMED)
    named = answers.second[:, :four]
    named = named / np.maximum(named.sum(axis=1, keepdims=True), LEAST)
    left = answers.first[:, :four].sum(axis=1, keepdims=True)
    planes = (1 - second) * answers.first[:, :four] + second * named * left
    return np.hstack([planes, answers.first[:, four:]])


def ways() -> dict[str, Callable[[Answers], Floats]]:
    """Every way to join, by name."""
    found: dict[str, Callable[[Answers], Floats]] = {"the first alone": lambda one: one.first}
    for part in SHARES:
        found[f"mean, {part:.1f} of the second"] = partial(pooled, second=part, straight=True)
    for part in SHARES:
        found[f"geometric mean, {part:.1f}"] = partial(pooled, second=part, straight=False)
    for part in (0.5,):
        found[f"mean of the planes, {part:.1f}"] = partial(among_planes, second=part)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Join what both readers say.")
    steps = parser.add_subparsers(required=True)
    measuring = steps.add_parser("measure", help="measure a model's two readers")
    measuring.add_argument("--unseen", default="", help="a source that neither reader has seen")
    measuring.set_defaults(step=measure)
    leaving = steps.add_parser("leave-out", help="fine-tune a second reader without a source")
    leaving.add_argument("--without", required=True, help="how the source's name begins")
    leaving.add_argument("--sononet", type=Path, required=True, help="SonoNet-16 with its head")
    leaving.add_argument("--epochs", type=int, default=8)
    leaving.add_argument("--out", type=Path, required=True)
    leaving.set_defaults(step=leave_out)
    for one in (measuring, leaving):
        one.add_argument("frames", type=Path, help="a folder that `fetal frames` wrote")
        one.add_argument("--model", type=Path, required=True)
    chosen = parser.parse_args()
    chosen.step(chosen, read_pack("frames", chosen.frames))


def measure(chosen: argparse.Namespace, files: Sequence[PackFile]) -> None:
    splits = splits_of(files)
    unseen = [bool(chosen.unseen) and one.source.startswith(chosen.unseen) for one in files]
    # A model that does not know a source is an older one: it has not learnt other organs either.
    kept = [
        (one, new)
        for one, new in zip(files, unseen, strict=True)
        if new or (splits[one.patient] == VALIDATION and (one.plane or not chosen.unseen))
    ]
    answers = read(chosen.model, [one for one, _ in kept])
    new = np.array([one for _, one in kept])
    heads = np.array([one.source.startswith("HC18") for one, _ in kept])
    print("| Together | Four planes | Six planes | ECE | Sure and right | Sure and wrong |", end="")
    print(" HC18 right | HC18 sure and wrong | HC18 to check |\n|" + "---|" * 9)
    for name, join in ways().items():
        print(f"| {name} | {' | '.join(cells(answers, join(answers), new, heads))} |", flush=True)
    as_decided(answers.take(heads))


def as_decided(heads: Answers) -> None:
    """Print what the model itself decides of HC18's heads, by the thresholds of its card."""
    right = heads.first.argmax(axis=1) == heads.truth
    said = np.array(heads.doubts)
    alone = share(~right & (heads.first.max(axis=1) >= 0.9), heads.patients)
    wrong = share(~right & (said == Doubt.SURE), heads.patients)
    print(f"\nHC18 by the model's card: {share(right, heads.patients).percent()} right; sure and")
    print(f"wrong {wrong.percent()} with both readers, {alone.percent()} where the first one alone")
    counts = ", ".join(f"{(said == one).sum()} {one.value}" for one in Doubt)
    print(f"gives 0.9 or more; {counts}, of {len(said)}")


def read(model_path: Path, files: Sequence[PackFile]) -> Answers:
    model = load_model(model_path)
    first, second, doubts = [], [], []
    for said in model.predict_many(one.read() for one in files):
        opinion = said.second_opinion
        if opinion is None:
            raise SystemExit(f"Expected a model with a second reader; {model_path} has none.")
        doubts.append(said.doubt)
        first.append([said.probabilities[plane] for plane in PLANES])
        second.append([*(opinion.probabilities[plane] for plane in NAMED), opinion.no_plane])
    truth = [PLANES.index(one.plane or Plane.OTHER) for one in files]
    reader = model.bundle.card.second_reader
    patients = [one.patient for one in files]
    agree_at = reader.agree_at if reader else 1.0
    return Answers(np.array(first), np.array(second), np.array(truth), patients, doubts, agree_at)


def cells(
    answers: Answers, chances: Floats, new: NDArray[np.bool_], heads: NDArray[np.bool_]
) -> list[str]:
    """Figures of one way: on validation patients, then on HC18's heads among all scans."""
    logits = np.log(np.maximum(chances, LEAST))
    known = answers.take(~new)
    temperature = fit_temperature(logits[~new], known.truth)
    check_below = fit_doubt(logits[~new], known.truth, temperature)
    chances = to_chances(logits, temperature)
    named = chances.argmax(axis=1)
    sure = (chances.max(axis=1) >= check_below) & answers.agree(named)
    right = named == answers.truth
    four = ~new & (answers.truth < len(NAMED))
    figures = evaluate(known.truth, chances[~new], known.patients)

    def counted(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> str:
        return f"{(of & among).sum()} of {among.sum()}"

    hc18 = share(right[heads], [answers.patients[n] for n in np.flatnonzero(heads)])
    return [
        counted(right, four),
        counted(right, ~new),
        f"{figures.ece:.4f}",
        counted(sure & right, ~new),
        counted(sure & ~right, ~new),
        f"{hc18.percent()} of {heads.sum()}",
        counted(sure & ~right, heads),
        counted(~sure, heads),
    ]


def leave_out(chosen: argparse.Namespace, files: Sequence[PackFile]) -> None:
    load_keras()

    splits = splits_of(files)
    seen = [one for one in files if not one.source.startswith(chosen.without)]
    settings = reader_settings(chosen.epochs)
    reader = fine_tuned(chosen, settings, seen, splits)
    calibrated_join(chosen, reader, settings, seen, splits)


if __name__ == "__main__":
    main()
