"""`fetal train`: train a model from a table and a folder, in this process."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fetal.cli.from_packs import pack_options
from fetal.cli.terminal import options
from fetal.cli.terminal.given_files import InputFile, read_json
from fetal.cli.terminal.output import say
from fetal.third_party import load_keras

if TYPE_CHECKING:
    from fetal.cli.labelled import LabelledImage
    from fetal.cli.readable_images import Learnable, Readable
    from fetal.packs import PackFile
    from fetal.scans import Scan
    from fetal.training.data.examples import Example
    from fetal.training.events import TrainingEvent
    from fetal.training.settings import TrainingSettings

APART = "the patient is kept apart for testing"
REPEATED = "another image has the same pixels"
STRANGE = "it shows no fetal plane at all"

LEAVE_OUT, AS_OTHER = "leave out", "other"


@click.command()
@pack_options.packs_or_table
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the new model; it must not exist.",
)
@click.option(
    "--preset",
    default="default",
    show_default=True,
    type=click.Choice(["default", "original", "shipped"]),
    help="default retrains, original is the published recipe, shipped made the shipped model.",
)
@click.option(
    "--settings",
    "settings_file",
    type=InputFile(),
    help="A YAML or JSON file: a preset with changes, or settings as a card holds them.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    help="Start from this weights file, complete or partial, or from a model’s folder.",
)
@options.model
@click.option("--name", help="What people will call the model  [default: the folder's name]")
@click.option("--official-train", is_flag=True, help="Leave out images marked Train = 0.")
@click.option(
    "--no-plane",
    type=click.Choice([LEAVE_OUT, AS_OTHER]),
    default=LEAVE_OUT,
    show_default=True,
    help="What becomes of a pack's scans that show no fetal plane at all.",
)
@click.option(
    "--about",
    type=InputFile(),
    help="A JSON file with `data` (name, authors, licence, source of each data set), `limits` and "
    "`statements` for the model's card.",
)
@options.cache
def train(
    table: Path | None,
    packs: tuple[str, ...],
    folders: tuple[Path, ...],
    out: Path,
    model_folder: Path | None,
    **choices: Any,
) -> None:
    """Train a model on labelled images, without a workspace.

    Patients are split, never images. What is learnt is kept beside OUT while it runs: the same
    command, given again after a stop, goes on from the last epoch. With --pack in place of --data,
    all scans that packs keep to train are used, and none of those to test.
    """
    pack_options.check_given(table, packs, folders, choices["columns"])
    if out.exists():
        raise click.ClickException(
            f"{out} exists already. Choose another folder, or remove it first."
        )
    said = _about(choices["about"])
    beside = out.with_name(f"{out.name}.run")
    load_keras((choices["cache"] or beside) / "keras")
    from fetal.training.model_card import About
    from fetal.training.pipeline import train as run_pipeline

    settings = _settings(choices["preset"], choices["settings_file"], choices["weights"])
    left_out: Counter[str] = Counter()
    if table is None:
        files = _of_packs(packs, folders, left_out, choices["no_plane"])
        examples = _examples(files, left_out, official=True)
    else:
        official = choices["official_train"]
        images = _of_table(table, folders[0], choices["columns"], left_out, official=official)
        examples = _examples(images, left_out, official=official)
    about = About(choices["name"] or out.name, *said, left_out=+left_out)
    champion = None
    if settings.start == "champion":
        from fetal.bundle import Bundle
        from fetal.predict import shipped_folder

        # Opened, not loaded: nothing predicts here, and a training machine need not be able to.
        champion = Bundle.open(model_folder or shipped_folder())
    bundle = run_pipeline(
        examples,
        settings,
        beside,
        _say_event,
        about=about,
        champion=champion,
        cache=choices["cache"],
    )
    bundle.folder.rename(out)
    shutil.rmtree(beside)
    say(f"The model is in {out}. Measure it with `fetal evaluate --model {out}`.")


def _about(file: Path | None) -> tuple[list[dict[str, str]], list[str], dict[str, str]]:
    """Read the data sets, the limits and the statements that the card will show."""
    from fetal.bundle import STATEMENTS, unknown_statements

    said = read_json(file) if file else {}
    data, limits = said.get("data", []), said.get("limits", [])
    statements = said.get("statements", {})
    described = isinstance(data, list) and all(isinstance(one, dict) for one in data)
    stated = isinstance(statements, dict) and not unknown_statements(statements)
    if not described or not isinstance(limits, list) or not stated:
        raise click.ClickException(
            f"“{file}” is expected to hold `data`, a list of names with values for each data set, "
            "`limits`, a list of sentences, and `statements`, sentences by what they tell "
            f"({', '.join(STATEMENTS)})."
        )
    return data, limits, statements


def _settings(preset: str, file: Path | None, weights: Path | None) -> "TrainingSettings":
    from fetal.training.settings import PRESETS
    from fetal.training.settings_file import read_settings

    settings = read_settings(file) if file else PRESETS[preset]
    if weights is None:
        return settings
    return settings.but(start="weights", weights=str(weights))


def _of_table(
    table: Path, folder: Path, columns: str | None, left_out: "Counter[str]", *, official: bool
) -> "list[LabelledImage]":
    from fetal.cli.labelled import labelled_images

    images = labelled_images(table, folder, columns=columns, left_out=left_out)
    if official and not any(image.test for image in images):
        options.complain("The table keeps no image to test, so --official-train leaves none out.")
    return images


def _of_packs(
    packs: Sequence[str], folders: Sequence[Path], left_out: "Counter[str]", no_plane: str
) -> "list[PackFile]":
    files = pack_options.pack_files(packs, folders)
    used = [file for file in files if no_plane == AS_OTHER or file.plane is not None]
    left_out[STRANGE] += len(files) - len(used)
    return used


def _examples(
    images: Sequence["Learnable"], left_out: "Counter[str]", *, official: bool
) -> "list[Example]":
    """Split the patients. With an official test set, nobody else need be kept apart."""
    from fetal.cli.readable_images import CONTRADICTED, SamePictures, readable
    from fetal.planes import Plane
    from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text
    from fetal.splits import TEST, TRAIN, assign_splits
    from fetal.training.data.examples import Example

    used = [image for image in images if not (official and image.test)]
    counts: dict[str, Counter[Any]] = {}
    for image in used:
        counts.setdefault(image.patient, Counter())[image.plane or Plane.OTHER] += 1
    splits = assign_splits(counts, {})
    if official:
        splits = {name: TRAIN if split == TEST else split for name, split in splits.items()}
    same = SamePictures()
    taught = [one for one in used if splits[one.patient] != TEST]
    left_out[APART] += len(images) - len(taught)
    unread = Counter[str]()
    examples = {
        scan.digest: Example(
            scan.digest,
            image.plane or Plane.OTHER,
            image.patient,
            splits[image.patient],
            _reader(image),
            image.look or to_text(near_duplicate_hash(scan.pixels, scan.sector)),
            ", ".join(filter(None, (image.source, image.machine))),
        )
        for image, scan in readable(taught, unread, same)
    }
    left_out.update(unread)
    left_out[REPEATED] += len(taught) - unread.total() - len(examples)
    clear = [one for key, one in examples.items() if key not in same.contradicted]
    left_out[CONTRADICTED] += len(examples) - len(clear)
    say(f"{len(clear):,} scans to train on; {len(used) - len(taught):,} kept apart for testing.")
    return clear


def _reader(image: "Readable") -> Callable[[], Any]:
    def read() -> Any:
        scan: Scan = image.read()
        return scan.pixels, scan.sector

    return read


def _say_event(event: "TrainingEvent") -> None:
    from fetal.training.events import EpochDone, LogLine, StageBegun

    match event:
        case StageBegun(stage, index, of):
            say(f"[{index}/{of}] {stage}")
        case EpochDone():
            names = ("loss", "accuracy", "val_loss", "val_accuracy")
            known = [(name, getattr(event, name)) for name in names]
            said = "  ".join(f"{name} {value:.4f}" for name, value in known if value is not None)
            say(f"  epoch {event.epoch}/{event.epochs}  {said}")
        case LogLine(text):
            say(f"  {text}")
