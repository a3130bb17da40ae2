"""Damage that is steered by what our readers do with it: coverage-guided, with atheris.

For each reader, inputs that reach new lines of it are kept and damaged further; anything that it
raises besides the errors that it names is a find. It prints how many inputs were tried and what
was found; finds are kept in a folder.

    python benchmarks/guided.py [--seconds 60] [--kept FOLDER] [READER ...]

Readers: scan, film, header, archive, disc, table, settings. Needs the packages of the dependency
group `fuzz` (Linux): `pip install atheris`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("Expected the package atheris, which is for Linux: pip install atheris")

# Only the processes that damage inputs are followed, and not the one that starts them.
_FOLLOWED = ["fetal", "zipfile", "pydicom", "csv", "yaml"] if "--one" in sys.argv else []
with atheris.instrument_imports(include=_FOLLOWED) if _FOLLOWED else nullcontext():
    from fetal.scans import ScanError, is_film, read_frames, read_scan
    from fetal.scans.archives.archive_limits import ArchiveLimits
    from fetal.scans.archives.zip_archive import entries
    from fetal.scans.dicom.dicomdir import referenced_files
    from fetal.scans.dicom.file import patient_in_header
    from fetal.scans.limits import Limits
    from fetal.training.settings import SettingsError
    from fetal.workbench.label_tables.columns import ColumnsError, parse_columns
    from fetal.workbench.label_tables.label_table import LabelTableError, read_label_table
    from fetal.workbench.retraining.custom_settings import from_upload

_LIMITS = Limits(megabytes=1, pixels=100_000, shortest_side=8, frames=9, film_megabytes=1)
_ARCHIVES = ArchiveLimits(entries=50, megabytes=1, inner_megabytes=1)
_MEGABYTES = 3000
_SLOWEST = 20
_LONGEST = 20_000
_WORDS = 2000

_TEXTS = {
    "table": (
        b"image,plane,patient\n0.png,brain,4711\n1.jpeg,Fetal femur,4712\n",
        b"Image_name;Patient_num;Plane;Brain_plane;Operator;US_Machine;Train \n"
        b"Patient00001_Plane3_1_of_1;1;Fetal brain;Other;Op. 1;Aloka;1 \n",
        b'file\tlabel\ttrain\n"a ""b"".png"\tunusable\t0\n',
        b"image=file,plane=label",
    ),
    "settings": (
        b"preset: default\nstages.0.epochs: 5\nseed: 3\n",
        b"start: champion\nimage_size: 64\nstages:\n- epochs: 2\n  unfreeze: head\n",
        b'{"preset": "default", "cache_features": false, "day": "2026-11-23"}',
    ),
}


def read_film(data: bytes) -> None:
    cine = read_frames(data, "a", _LIMITS)
    for index in cine.distinct(2):
        cine[index]


def look_at_header(data: bytes) -> None:
    is_film(data)
    patient_in_header(data)


def read_archive(data: bytes) -> None:
    for entry in entries(data, _ARCHIVES, _LIMITS):
        try:
            entry.read()
        except ScanError:
            continue


def read_table(data: bytes) -> None:
    parse_columns(data[:99].decode("utf-8", "replace"), ("image", "plane"))
    read_label_table(data)


READERS: dict[str, Callable[[bytes], object]] = {
    "scan": lambda data: read_scan(data, "a", _LIMITS),
    "film": read_film,
    "header": look_at_header,
    "archive": read_archive,
    "disc": lambda data: referenced_files(data, _LIMITS),
    "table": read_table,
    "settings": from_upload,
}
_NAMED = (ScanError, LabelTableError, ColumnsError, SettingsError)


def fuzz(name: str, folders: list[str], options: list[str]) -> None:
    """Damage inputs of one reader until the time is over or something is found."""

    def once(data: bytes) -> None:
        try:
            READERS[name](data)
        except _NAMED as error:
            # What is shown of a scan is one line; the others quote what a person wrote.
            if isinstance(error, ScanError) and "\n" in str(error):
                raise AssertionError(f"no sentence: {error!r}") from error

    atheris.Setup([sys.argv[0], *options, *folders], once)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description="Damage what our readers read, by coverage.")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other damage")
    parser.add_argument(
        "--kept", type=Path, default=Path(tempfile.gettempdir()) / "fetal-guided", help="for finds"
    )
    parser.add_argument("--one", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--corpus", help=argparse.SUPPRESS)
    parser.add_argument("readers", nargs="*", metavar="READER")
    asked = parser.parse_args()
    asked.kept.mkdir(parents=True, exist_ok=True)
    if asked.one is not None:
        options = [
            *(f"-max_total_time={asked.seconds}", f"-seed={asked.seed}", f"-timeout={_SLOWEST}"),
            *(f"-rss_limit_mb={_MEGABYTES}", f"-max_len={_LONGEST}", "-print_final_stats=1"),
            f"-artifact_prefix={asked.kept}/{asked.one}-",
        ]
        fuzz(asked.one, [asked.corpus], options)
        return
    # A process for each: a find, or a decoder that breaks down, ends it.
    found = [name for name in asked.readers or READERS if not _apart(name, asked)]
    print(f"readers with a find: {', '.join(found) or 'none'}")
    sys.exit(bool(found))


def whole_files(reader: str) -> dict[str, bytes]:
    """Whole files for one of the readers, to begin with."""
    # Not above: what is imported before atheris takes part is not followed.
    from mutated import seeds

    if reader in _TEXTS:
        return {str(at): text for at, text in enumerate(_TEXTS[reader])}
    ends = {"archive": (".zip",), "scan": ("",)}.get(reader, (".dcm",))
    return {
        name: data
        for name, data in seeds().items()
        if name.endswith(ends) and len(data) <= _LONGEST
    }


def _apart(name: str, asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as corpus:
        for seed, data in whole_files(name).items():
            (Path(corpus) / seed.replace("/", " ")).write_bytes(data)
        own = [sys.executable, __file__, "--one", name, "--corpus", corpus]
        same = ["--seconds", asked.seconds, "--seed", asked.seed, "--kept", asked.kept]
        ran = subprocess.run(
            [*own, *map(str, same)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    tried = re.search(r"number_of_executed_units: *(\d+)", ran.stdout)
    lines = re.findall(r"cov: (\d+)", ran.stdout) or ["?"]
    print(
        f"{name:9s} {tried[1] if tried else '?':>8s} inputs, places reached {lines[-1]}, "
        f"{'nothing found' if not ran.returncode else 'FOUND'}"
    )
    if ran.returncode:
        trace = ran.stdout.find("Uncaught Python exception")
        print(ran.stdout[trace if trace >= 0 else -_WORDS :][:_WORDS])
    return not ran.returncode


if __name__ == "__main__":
    main()
