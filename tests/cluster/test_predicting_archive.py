"""`fetal predict-archive` on processes of this computer."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import Result

from fetal.cluster.archive_run import ArchiveRun, Estimate
from fetal.cluster.archive_sources.choose_source import choose_source
from fetal.cluster.shard_ledger import OtherWorkError, ShardLedger, Standing
from fetal.planes import PLANES
from fetal.scans import encode_png
from fetal.scans.deidentification.file_names import frame_name
from tests.support.drawn import fan
from tests.support.films import film
from tests.support.tiny_second_reader import tiny_model_with_second_reader


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Stills, a film, a file that is no picture, and what is no scan at all."""
    folder = tmp_path / "archive"
    (folder / "2024").mkdir(parents=True)
    for number in range(12):
        (folder / "2024" / f"{number:02}.png").write_bytes(encode_png(fan(number)))
    (folder / "clip.dcm").write_bytes(film([fan(number) for number in range(8)]))
    (folder / "damaged.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no scan")
    return folder


@pytest.fixture
def fetal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    from click.testing import CliRunner

    from fetal.cli import main

    monkeypatch.setenv("FETAL_MODEL", str(tiny_model_with_second_reader().folder))
    monkeypatch.setenv("FETAL_PRECISION", "float32")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_an_archive_gets_the_answers_of_fetal_predict(
    fetal: Callable[..., Result], archive: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.parquet"
    place = ("--workspace", tmp_path / "workspace")
    told = fetal("predict-archive", archive, "--out", out, "--price", "2", *place)
    assert told.exit_code == 1, told.output
    assert "damaged.png: Expected a PNG" in told.stderr
    assert "Predicted 13 files" in told.output
    assert not out.with_name("results.parquet.parts").exists()
    rows = pq.read_table(out).to_pylist()
    listed = fetal("batches", "show", "1", *place).output
    assert "1  done  Predict a folder" in listed
    assert "14 of 14" in listed
    # No name of a file in the database: they may identify patients.
    assert "file 2: Expected a PNG" in listed
    assert not list((tmp_path / "workspace" / "batches").iterdir())

    fetal("predict", archive, "--csv", "alone.csv")
    with (tmp_path / "alone.csv").open(encoding="utf-8", newline="") as file:
        alone = {os.path.relpath(row["file"], archive): row for row in csv.DictReader(file)}
    assert [row["source"] for row in rows] == [
        *["clip.dcm"] * 5,
        "damaged.png",
        *(f"2024/{number:02}.png" for number in range(12)),
    ]
    for row in rows:
        frame = row["frame"]
        one = alone[row["source"] if frame is None else frame_name("clip.dcm", frame)]
        if row["error"]:
            assert one["error"] == row["error"]
            continue
        assert row["plane"] == one["plane"]
        assert row["doubt_words"] == one["doubt"]
        assert [row[plane] for plane in PLANES] == pytest.approx(
            [float(one[plane]) for plane in PLANES], abs=1e-4
        )
        assert ("yes" if row["readers_agree"] else "no") == one["readers_agree"]
        assert one["second_reader"].startswith(row["second_reader"])
        assert len(row["digest"]) == 64
    assert {row["model_digest"] for row in rows} == {tiny_model_with_second_reader().digest}
    again = fetal("predict-archive", archive, "--out", out)
    assert "is there already" in again.output


def test_a_stopped_archive_goes_on_where_it_was(archive: Path, tmp_path: Path) -> None:
    bundle = tiny_model_with_second_reader()
    out = tmp_path / "results.parquet"
    told: list[Standing] = []
    source = choose_source(str(archive))
    begun = ArchiveRun(source, bundle, out, shard=3, on_standing=told.append)
    begun.stop = lambda: bool(told)
    standing, _ = begun.run()
    assert 3 <= standing.done < standing.files == 14
    assert not out.exists()
    estimates: list[Estimate] = []
    again = ArchiveRun(source, bundle, out, shard=3, on_standing=told.append)

    def note(estimate: Estimate) -> bool:
        estimates.append(estimate)
        return True

    again.on_estimate = note
    done = standing.done
    told.clear()
    standing, refused = again.run(5)
    assert [name for name, _ in refused] == ["damaged.png"]
    assert (standing.files, standing.done, standing.refused) == (14, 14, 1)
    assert told[0].done == done + 3
    assert estimates[0].files == 14 - done - 6
    names = pq.read_table(out)["source"].to_pylist()
    assert sorted(set(names)) == sorted(source.listing())
    assert names.count("clip.dcm") == 5
    assert len(names) == 14 + 4


def test_other_work_is_not_mixed_in(archive: Path, tmp_path: Path) -> None:
    work = {"source": "a", "model": "b"}
    ShardLedger(tmp_path, work).close()
    with pytest.raises(OtherWorkError, match="another model: expected “b”, received “c”"):
        ShardLedger(tmp_path, work | {"model": "c"})
