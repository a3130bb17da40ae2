"""Folders laid out as data sets are published, with simulated scans in them."""

from pathlib import Path

from fetal.planes import FETAL_PLANES
from fetal.scans import encode_png
from tests.support.drawn import fan


def picture(path: Path, seed: int) -> None:
    """A drawn scan in a folder that is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(fan(seed)))


def hc18(place: Path) -> Path:
    """HC18 as Zenodo has it: two folders of images, with drawn outlines, and two tables."""
    for seed, name in enumerate(
        (
            "training_set/010_HC.png",
            "training_set/010_2HC.png",
            "training_set/010_HC_Annotation.png",
            "test_set/010_HC.png",
        )
    ):
        picture(place / name, seed)
    (place / "training_set_pixel_size_and_HC.csv").write_text(
        "filename,pixel size(mm),head circumference (mm)\n010_HC.png,0.07,44.3\n"
    )
    return place


def african(place: Path) -> Path:
    """The African set as Zenodo has it: a folder for each country, one table for all."""
    picture(place / "Algeria" / "patient001_DZA_plane0.png", 1)
    picture(place / "Egypt" / "patient001_EGY_plane3.png", 2)
    (place / "African_planes_database.csv").write_text(
        "Center,Patient_num,Plane,Filename,Train\n"
        "Algeria,1,Fetal brain,patient001_DZA_plane0,1\n"
        "Egypt,1,Fetal thorax,patient001_EGY_plane3,0\n"
        "Ghana,2,Fetal femur,patient002_GHA_plane1,0\n"
    )
    return place


def two_countries(place: Path, scans: int = 24, to_test: int = 4) -> Path:
    """As many scans of two countries, one a patient, the planes in turn, the last ones to test."""
    lines = ["Center,Patient_num,Plane,Filename,Train"]
    for number in range(scans):
        country, plane = ("Algeria", "Egypt")[number % 2], FETAL_PLANES[number // 2 % 4]
        picture(place / country / f"p{number}.png", number)
        train = int(number < scans - to_test)
        lines.append(f"{country},{number},{plane.title},p{number},{train}")
    (place / "African_planes_database.csv").write_text("\n".join(lines))
    return place


def fpus23(place: Path) -> Path:
    """FPUS23's planes: a folder for each label."""
    for seed, label in enumerate(("BPD_PLANE", "AC_PLANE", "FL_PLANE", "NO_PLANE")):
        picture(place / "Dataset_Plane" / label / f"frame_{seed:06}.png", seed)
    return place


def sononet(place: Path) -> Path:
    """Two of SonoNet's frames."""
    picture(place / "example_images" / "4CH.png", 1)
    picture(place / "example_images" / "SPINE-SAGITTAL.png", 2)
    return place


def more_scans(place: Path) -> Path:
    """Rows of several sources, two of them to test."""
    lines = ["image,plane,patient,source,role,licence,note"]
    rows = (
        ("Fetal brain", "hc18-403", "HC18 (Nijmegen, GE Voluson E8 and 730)", "train", ""),
        ("Fetal brain", "hc18-404", "HC18 (Nijmegen, GE Voluson E8 and 730)", "test", ""),
        ("Maternal cervix", "273", "FETAL_PLANES_DB, found one by one", "train", ""),
        ("Other", "cord-2V", "umbilical cord frames", "test", ""),
        ("", "lung-000", "lung (POCUS collection)", "train", "adult, no fetal plane"),
    )
    for seed, (plane, patient, source, role, note) in enumerate(rows):
        picture(place / "images" / f"{seed}.png", seed)
        lines.append(f'{seed}.webp,{plane},{patient},"{source}",{role},CC BY,"{note}"')
    (place / "more_scans.csv").write_text("\n".join(lines) + "\n")
    return place
