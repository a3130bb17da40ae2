"""Packs: what a data set's own layout and labels come to, set by set."""

from pathlib import Path

import pytest

from fetal.packs import PackError, pack_named, pack_names, read_pack
from fetal.planes import Plane
from tests.packs import made_up


@pytest.mark.parametrize("name", pack_names())
def test_every_pack_says_whose_it_is_and_what_its_labels_mean(name: str) -> None:
    pack = pack_named(name)
    assert all((pack.title, pack.authors, pack.licence, pack.where, pack.about))
    assert (pack.table is None) != (pack.files is None)
    assert pack.planes
    assert set(pack.kinds) <= {*pack.planes, *(k for k in pack.kinds if k.startswith("original"))}


def test_a_pack_that_is_not_known_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"“hc19” is no data set.*hc18"):
        read_pack("hc19", tmp_path)


def test_hc18_tells_role_and_patient_by_its_folders(tmp_path: Path) -> None:
    files = read_pack("hc18", made_up.hc18(tmp_path / "HC18"))
    told = {(file.path.name, file.role): file.patient for file in files}
    assert told == {
        ("010_HC.png", "train"): "HC18 10",
        ("010_2HC.png", "train"): "HC18 10",
        ("010_HC.png", "test"): "HC18 test 10",
    }
    assert {file.plane for file in files} == {Plane.BRAIN}
    inside = read_pack("hc18", tmp_path / "HC18" / "test_set")
    assert [file.role for file in inside] == ["test"]


def test_african_patients_are_counted_anew_in_each_country(tmp_path: Path) -> None:
    notes: list[str] = []
    files = read_pack("african", made_up.african(tmp_path), on_note=notes.append)
    assert [(f.patient, f.machine, f.plane, f.role) for f in files] == [
        ("Algeria 1", "Voluson S8", Plane.BRAIN, "train"),
        ("Egypt 1", "Voluson P8", Plane.THORAX, "test"),
    ]
    assert len(notes) == 1
    assert "1 lines of the table of Fetal planes of five African countries name images" in notes[0]


def test_fpus23_is_one_patient(tmp_path: Path) -> None:
    files = read_pack("fpus23", made_up.fpus23(tmp_path))
    assert {file.patient for file in files} == {"FPUS23 phantom"}
    assert [file.plane for file in files] == [Plane.ABDOMEN, Plane.BRAIN, Plane.FEMUR, Plane.OTHER]
    assert files[-1].kind == "phantom, no standard plane"


def test_sononet_frames_say_what_they_show(tmp_path: Path) -> None:
    files = read_pack("sononet-frames", made_up.sononet(tmp_path))
    assert [(f.plane, f.kind, f.role) for f in files] == [
        (Plane.THORAX, "Fetal thorax", "test"),
        (Plane.OTHER, "fetal spine", "test"),
    ]


def test_more_scans_name_sources_kinds_and_patients_of_other_packs(tmp_path: Path) -> None:
    files = read_pack("more-scans", made_up.more_scans(tmp_path))
    cord = "umbilical cord frames"
    assert [(f.source, f.patient, f.kind, f.plane, f.role) for f in files] == [
        ("HC18", "HC18 403", "Fetal brain", Plane.BRAIN, "train"),
        ("HC18", "HC18 404", "Fetal brain", Plane.BRAIN, "test"),
        ("FETAL_PLANES_DB", "FETAL_PLANES_DB 273", "Maternal cervix", Plane.CERVIX, "train"),
        (cord, f"{cord} cord-2V", "umbilical cord", Plane.OTHER, "test"),
        ("POCUS lung", "POCUS lung lung-000", "adult lung", None, "train"),
    ]
    assert files[0].read().pixels.shape == (120, 160)


def test_a_role_that_nobody_knows_is_never_trained_on(tmp_path: Path) -> None:
    made_up.more_scans(tmp_path)
    table = tmp_path / "more_scans.csv"
    table.write_text(table.read_text().replace(",train,", ",maybe,"))
    assert {file.role for file in read_pack("more-scans", tmp_path)} == {"test"}


def test_another_layout_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="No image of HC18"):
        read_pack("hc18", tmp_path)
    with pytest.raises(PackError, match=r"Expected the table of more_scans, more_scans\.csv"):
        read_pack("more-scans", tmp_path)
    (tmp_path / "more_scans.csv").write_text("image,plane\na.png,Other\n")
    with pytest.raises(PackError, match="no column “patient”"):
        read_pack("more-scans", tmp_path)


def test_labels_that_a_pack_does_not_know_are_counted_and_left_out(tmp_path: Path) -> None:
    made_up.african(tmp_path)
    table = tmp_path / "African_planes_database.csv"
    table.write_text(table.read_text().replace("Fetal thorax", "Placenta"))
    notes: list[str] = []
    assert len(read_pack("african", tmp_path, on_note=notes.append)) == 1
    assert any("“Placenta”" in note for note in notes)


def test_the_real_sets_are_read_whole(real_collection: Path) -> None:
    planes = read_pack("fetal-planes-db", real_collection)
    assert sum(file.role == "train" for file in planes) == 971
    assert sum(file.role == "test" for file in planes) == 418
    if not (real_collection.parent / "more_scans").is_dir():
        pytest.skip("no more_scans beside the scans of FETAL_PLANES_DB")
    more = read_pack("more-scans", real_collection.parent / "more_scans")
    assert len(more) == 557
    assert sum(file.role == "train" for file in more if file.source == "HC18") == 263
    frames = read_pack("sononet-frames", real_collection.parent / "more_scans")
    shown = {file.kind for file in more if file.source == "SonoNet"}
    assert {file.kind for file in frames} == shown
    learnt = {file.patient for file in (*planes, *more) if file.role == "train"}
    assert not learnt & {file.patient for file in planes if file.role == "test"}
