"""`fetal duplicates`: the same picture twice, in a folder or in a workspace."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.given_files import expand
from fetal.cli.terminal.output import complain, say
from fetal.cli.terminal.stop_key import stopping
from fetal.cli.terminal.system_user import user_name

if TYPE_CHECKING:
    from fetal.scans import Scan
    from fetal.scans.similarity.duplicates import ComparedImage, Copies
    from fetal.workbench import Workbench
    from fetal.workbench.near_duplicates.decisions import LookalikePair

_HEADER = ("one", "other", "kind", "patients", "similarity", "distance", "splits", "decision")
_LISTED_AT_ONCE = 500
Row = dict[str, str | float | int]


@click.command(short_help="Find scans that show the same picture.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--thorough",
    is_flag=True,
    help="Ask a model too which scans it sees alike: finds copies turned by 15° or cut by 5 %; "
    "takes a tenth of a second a scan and more.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Compare all scans of the workspace again, also those that were compared when they came "
    "in. Stopped, the same command without --again goes on.",
)
@options.model
@options.result("--csv", "table", help="A table of the pairs; - is standard output.")
@options.result("--json", "data", help="The same as JSON; - is standard output.")
@options.workspace
def duplicates(
    files: tuple[Path, ...],
    thorough: bool,
    again: bool,
    model_folder: Path | None,
    table: Path | None,
    data: Path | None,
) -> None:
    """Find scans that show the same picture, in image FILES or folders, else in the workspace.

    Exact copies have the same pixels; near ones were stored anew, scaled, cut, mirrored or given
    another gain. Scans of one patient are alike anyway, so there only the same picture counts.
    The patient of an image is told by DICOM tags or a name such as Patient00042_1.png. Of a
    workspace, scans are compared when they come in, those that still wait are compared now, and
    the pairs are kept: decide on them on the Dataset page.

    \b
    Examples:
        fetal duplicates scans/ --csv pairs.csv
        fetal duplicates --thorough
    """
    if again and files:
        raise click.UsageError("--again compares the scans of a workspace, not files.")
    output.reserve_stdout(table, data)
    rows: Iterable[Row]
    rows, refused = (
        _of_files(files, model_folder, thorough)
        if files
        else (_of_workspace(model_folder, thorough, again), 0)
    )
    count = across = 0
    kept: list[Row] = []
    with output.table(table, _HEADER) as write:
        for row in rows:
            write(row)
            say(_in_words(row))
            count, across = count + 1, across + (row["patients"] == "different")
            if data is not None:
                kept.append(row)
    pairs = options.count_of(count, "pair", "pairs")
    say(f"{pairs} of the same picture, {across:,} across patients.")
    if data is not None:
        output.write_text(data, json.dumps(kept, indent=2) + "\n")
    if refused:
        raise SystemExit(1)


def _of_files(
    files: tuple[Path, ...], model_folder: Path | None, thorough: bool
) -> tuple[list[Row], int]:
    from fetal.scans.similarity.duplicates import find_copies

    paths = list(expand(files))
    seen: list[ComparedImage] = []
    refused: list[str] = []
    scans = _scans(paths, seen, refused)
    besides = _seen_alike(scans, model_folder) if thorough else []
    for _ in scans:
        # What is remembered of each is put into `seen`.
        continue
    for sentence in refused:
        complain(sentence)
    return [_row(pair) for pair in find_copies(seen, besides)], len(refused)


def _scans(paths: list[Path], seen: "list[ComparedImage]", refused: list[str]) -> "Iterator[Scan]":
    """Read the files one after another; of each, little is remembered."""
    from fetal.scans.limits import read_within
    from fetal.scans.sandboxed_reading.reader_pool import ReaderPool
    from fetal.scans.similarity.duplicates import ComparedImage
    from fetal.scans.similarity.perceptual_hash import small_square

    with (
        ReaderPool() as readers,
        options.progress("Reading", len(paths)) as bar,
    ):
        for path, read in readers.read(paths, lambda path: (read_within(path), path.name)):
            bar.update(1)
            if read.scan is None:
                refused.append(f"{output.name_of(path)}: {read.refusal}")
                continue
            scan = read.scan
            square = small_square(scan.pixels, scan.sector)
            seen.append(ComparedImage(output.name_of(path), scan.digest, scan.patient, square))
            yield scan


def _seen_alike(scans: "Iterable[Scan]", model_folder: Path | None) -> list[tuple[int, int]]:
    from fetal.bundle import Bundle
    from fetal.predict import shipped_folder
    from fetal.predict.pooled_features import pooled_features
    from fetal.scans.similarity.feature_neighbours import nearest_pairs
    from fetal.workbench.near_duplicates.deep_search import NEIGHBOURS

    bundle = Bundle.open(model_folder or shipped_folder())
    pairs = nearest_pairs(pooled_features(bundle, scans), NEIGHBOURS)
    return [(one, other) for one, other in pairs.tolist()]


def _of_workspace(model_folder: Path | None, thorough: bool, again: bool) -> "Iterator[Row]":
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.near_duplicates.compare_stored import find_new, search

    workbench = open_for_system_user()
    with options.bar("Comparing") as on_progress:
        (search if again else find_new)(workbench, on_progress)
    if thorough:
        from fetal.workbench.batches.library_jobs import look_for_copies

        with stopping() as stop, options.bar("Looking") as on_progress:
            look_for_copies(workbench, user_name(), model_folder, on_progress, stop)
    return _stored_rows(workbench)


def _stored_rows(workbench: "Workbench") -> "Iterator[Row]":
    """Yield the pairs of a workspace; few of them are in memory at a time."""
    from fetal.workbench.near_duplicates.decisions import list_pairs, show

    skip = 0
    while pairs := list_pairs(workbench, skip=skip, most=_LISTED_AT_ONCE):
        names = {number: view.name for number, view in show(workbench, pairs).items()}
        yield from (
            _stored(pair, names)
            for pair in pairs
            # One of the two may have been erased a moment ago.
            if pair.scan_id in names and pair.other_id in names
        )
        skip += len(pairs)


def _row(pair: "Copies") -> Row:
    patients = {True: "one", False: "different", None: "unknown"}[pair.same_patient]
    kind = "exact" if pair.exact else "near"
    return _made(pair.one, pair.other, kind, patients, pair.similarity, pair.distance)


def _stored(pair: "LookalikePair", names: dict[int, str]) -> Row:
    patients = "one" if not pair.across or pair.one_group else "different"
    one, other = names[pair.other_id], names[pair.scan_id]
    row = _made(one, other, "near", patients, pair.similarity, pair.distance)
    row["splits"] = " and ".join(split or "none" for split in pair.splits[::-1])
    row["decision"] = pair.decision or ("together" if pair.one_group else "")
    return row


def _made(one: str, other: str, kind: str, patients: str, similarity: float, distance: int) -> Row:
    told = (one, other, kind, patients, similarity, distance, "", "")
    return dict(zip(_HEADER, told, strict=True))


def _in_words(row: Row) -> str:
    words = [f"{row['kind']}, patients: {row['patients']}"]
    words += [f"splits: {row['splits']}"] if row["splits"] else []
    words += [f"decided: {row['decision']}"] if row["decision"] else []
    return f"{row['one']}  {row['other']}  ({'; '.join(words)})"
