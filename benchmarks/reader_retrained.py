"""What a second reader gains and forgets where a retraining trains it too.

A model whose second reader never saw a source, such as `both_readers.py leave-out` writes, learns
from 100 training scans of one half of that source's patients. It is judged on the other half's, and
on validation scans of the sources that it knows. Only training scans of packs are used.

    python benchmarks/reader_retrained.py FRAMES --model RUN/model --source HC18 --out FOLDER
"""

import argparse
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from renew_shipped import part_of, splits_of

from fetal.bundle import Bundle
from fetal.packs import PackFile, read_pack
from fetal.splits import VALIDATION
from fetal.third_party import load_keras
from fetal.training.second_reader.answer_groups import NO_PLANE

LEARNT = 100


def main() -> None:
    parser = argparse.ArgumentParser(description="Retrain a second reader on an unseen source.")
    parser.add_argument("frames", type=Path, help="a folder that `fetal frames` wrote")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--source", required=True, help="how the unseen source's name begins")
    parser.add_argument("--out", type=Path, required=True, help="where a stopped run goes on")
    chosen = parser.parse_args()
    load_keras()
    files = read_pack("frames", chosen.frames)
    splits = splits_of(files)
    new = [one for one in files if one.source.startswith(chosen.source)]
    known = [
        one for one in files if one not in new and splits[one.patient] == VALIDATION and one.plane
    ]
    learnt = [one for one in new if in_first_half(one)][:LEARNT]
    judged = [one for one in new if not in_first_half(one)]
    measure(chosen, learnt, judged, known)


def in_first_half(file: PackFile) -> bool:
    return sha256(file.patient.encode()).digest()[0] % 2 == 0


def measure(
    chosen: argparse.Namespace,
    learnt: Sequence[PackFile],
    judged: Sequence[PackFile],
    known: Sequence[PackFile],
) -> None:
    import keras

    from fetal.training.second_reader.fine_tune import fine_tune
    from fetal.training.second_reader.learn_along import LEARNING
    from fetal.training.second_reader.restored_reader import restore_reader

    variants = {
        "4 times, half kept": LEARNING.but(epochs=4),
        "8 times, half kept": LEARNING.but(epochs=8),
        "4 times, nothing kept": LEARNING.but(epochs=4, keep=0.0),
    }
    bundle = Bundle.open(chosen.model)
    card = bundle.card.second_reader
    if card is None:
        raise SystemExit(f"Expected a model with a second reader; {chosen.model} has none.")
    scans = [
        part_of(some, np.ones(len(some), bool)) for some in (learnt, judged, known) if len(some)
    ]
    start = restore_reader(bundle)
    print(f"| Learns | {chosen.source}, unseen, lost | The four planes lost | None passed | CPU |")
    print("|---|---|---|---|---|")
    print(row("nothing", start, card, scans[1:], 0.0), flush=True)
    for name, settings in variants.items():
        began = time.process_time()
        folder = chosen.out / name.replace(" ", "-").replace(",", "")
        reader = fine_tune(start, scans[0], settings, folder, lambda _: None)
        print(row(name, reader, card, scans[1:], time.process_time() - began), flush=True)
        keras.utils.clear_session(free_memory=False)


def row(name: str, reader: Any, card: Any, scans: Sequence[Any], seconds: float) -> str:
    """One line: right answers below the threshold of agreement, and wrong ones above it."""
    (new, new_right), (old, old_right) = (
        (chances(reader, part.pixels, card.temperature), part.answers) for part in scans
    )
    lost = new[np.arange(len(new)), new_right] < card.agree_at
    planes = old_right != NO_PLANE
    old_lost = (old[np.arange(len(old)), old_right] < card.agree_at)[planes]
    passed = (old[:, :NO_PLANE].max(axis=1) >= card.agree_at)[~planes]
    cells = [name, *(f"{one.sum()} of {len(one)}" for one in (lost, old_lost, passed))]
    return f"| {' | '.join([*cells, f'{seconds:.0f} s'])} |"


def chances(reader: Any, pixels: NDArray[np.uint8], temperature: float) -> NDArray[np.float64]:
    from fetal.training.second_reader.agreement import answer_chances

    parts = [pixels[at : at + 16, ..., None] for at in range(0, len(pixels), 16)]
    told = [np.asarray(reader(part.astype(np.float32), training=False)[1]) for part in parts]
    return answer_chances(np.concatenate(told).astype(np.float64), temperature)


if __name__ == "__main__":
    main()
