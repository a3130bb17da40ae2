"""Pictures that are no fetal plane: samples that packages ship, and what is drawn here.

Writes them all into a folder, to look at:

    pip install --group benchmarks
    python benchmarks/pictures.py FOLDER
"""

import argparse
import gzip
import io
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = tuple[str, str, bytes]
"""Its kind, its name and its file's content."""

CROP = 224
"""Side in pixels of the crops of a large photograph."""

PHOTOGRAPHS = {
    "skimage": "astronaut.png camera.png chelsea.png coffee.png rocket.jpg motorcycle_left.png",
    "sklearn": "china.jpg flower.jpg",
    "matplotlib": "grace_hopper.jpg",
    "mahotas": "DepartmentStore.jpg luispedro.jpg",
}
TEXTURES = {"skimage": "brick.png grass.png gravel.png coins.png hubble_deep_field.jpg moon.png"}
MICROSCOPY = {"skimage": "ihc.png retina.jpg cell.png", "mahotas": "nuclear.png"}
DRAWINGS = {
    "skimage": "page.png text.png horse.png logo.png color.png clock_motion.png",
    "matplotlib": "logo2.png Minduka_Present_Blue_Pack.png",
}
# The last two are ultrasound of an adult, with colour.
DICOM = {
    "pydicom": "CT_small.dcm MR_small.dcm 693_J2KI.dcm JPEG2000.dcm JPEG-lossy.dcm JPGExtended.dcm "
    "examples_jpeg2k.dcm examples_overlay.dcm examples_palette.dcm image_dfl.dcm SC_rgb_rle.dcm "
    "examples_rgb_color.dcm examples_ybr_color.dcm",
    "nibabel": "0.dcm 1.dcm decimal_rescale.dcm",
}


def pictures() -> Iterator[Picture]:
    """Every picture, the same ones each time."""
    for kind, files in (
        ("photographs", PHOTOGRAPHS),
        ("textures", TEXTURES),
        ("microscopy", MICROSCOPY),
    ):
        for path in _shipped(files):
            for number, crop in enumerate(_crops(np.array(Image.open(path).convert("L")))):
                yield kind, f"{path.stem}-{number}", _png(crop)
    # Grey ones are the harder test: the reader refuses most colours itself.
    for path in _shipped(PHOTOGRAPHS):
        yield "photographs in colour", path.stem, path.read_bytes()
    for path in _shipped(DRAWINGS):
        yield "drawings and charts", path.stem, _png(np.array(Image.open(path).convert("RGB")))
    for path in _shipped(DICOM):
        yield "DICOM of other kinds", path.stem, path.read_bytes()
    yield from _magnetic_resonance()
    for kind, makers, each in (
        ("noise", NOISE, 5),
        ("documents", {"page": _document, "screen": _screen}, 10),
        ("drawings and charts", {"chart": _chart, "shapes": _shapes, "gradient": _gradient}, 8),
    ):
        for name, make in makers.items():
            for seed in range(each):
                yield kind, f"{name}-{seed}", _png(make(np.random.default_rng(seed)))
    yield from _in_a_fan()


def _shipped(files: dict[str, str]) -> Iterator[Path]:
    for package, names in files.items():
        found = find_spec(package)
        if found is None or found.origin is None:
            print(f"({package} is not installed: its pictures are left out)")
            continue
        here = {path.name: path for path in sorted(Path(found.origin).parent.rglob("*"))}
        yield from (here[name] for name in names.split() if name in here)


def _crops(pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Crops that do not overlap; a small picture is one."""
    height, width = pixels.shape[:2]
    rows, columns = (min(max(side // CROP, 1), 3) for side in (height, width))
    for row in range(rows):
        for column in range(columns):
            top, left = row * height // rows, column * width // columns
            yield pixels[top : top + height // rows, left : left + width // columns]


def _magnetic_resonance() -> Iterator[Picture]:
    """Slices of a head, 10 mm apart, in three directions (MNI152 2009a, which nilearn ships)."""
    for path in _shipped({"nilearn": "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"}):
        head = _volume(gzip.decompress(path.read_bytes()))
        for axis, name in enumerate(("sagittal", "coronal", "axial")):
            for place in range(30, head.shape[axis] - 30, 10):
                plane = np.rot90(np.take(head, place, axis))
                yield "magnetic resonance", f"{name}-{place}", _png(plane)
    for path in _shipped({"matplotlib": "s1045.ima.gz"}):
        stored = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint16)
        yield "magnetic resonance", "s1045", _png(_levels(stored.reshape(256, 256)))


def _volume(nifti: bytes) -> NDArray[np.uint8]:
    """The grey levels of a NIfTI-1 file of single bytes or 16-bit integers."""
    header = np.frombuffer(nifti, np.int16, count=8, offset=40)
    kind = {2: np.uint8, 4: np.int16, 16: np.float32}[int(np.frombuffer(nifti, np.int16, 1, 70)[0])]
    offset = int(np.frombuffer(nifti, np.float32, 1, 108)[0])
    shape = tuple(int(side) for side in header[1:4])
    values = np.frombuffer(nifti, kind, count=int(np.prod(shape)), offset=offset)
    return _levels(values.reshape(shape, order="F"))


def _levels(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    plain = values.astype(np.float32)
    low, high = np.percentile(plain, (1, 99.8))
    return np.asarray(np.clip((plain - low) / (high - low) * 255, 0, 255), np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(packed, "PNG", compress_level=1)
    return packed.getvalue()


def _white(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (400, 500), np.uint8)


def _smooth(rng: np.random.Generator) -> NDArray[np.uint8]:
    return _levels(cv2.GaussianBlur(rng.standard_normal((400, 500)), (0, 0), rng.uniform(2, 20)))


def _clouds(rng: np.random.Generator) -> NDArray[np.uint8]:
    return _levels(_cloud(rng, 1.0))


def _cloud(rng: np.random.Generator, fall: float) -> NDArray[np.floating]:
    """Noise whose amplitude falls with the frequency, as that of natural pictures does."""
    down, across = np.fft.fftfreq(400)[:, None], np.fft.rfftfreq(500)[None]
    weight = 1 / np.maximum(np.hypot(down, across), 1 / 500) ** fall
    return np.fft.irfft2(np.fft.rfft2(rng.standard_normal((400, 500))) * weight, (400, 500))


def _speckle(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Rayleigh speckle of a few pixels under slow shading: what ultrasound has without anatomy."""
    grain = np.hypot(
        *(cv2.GaussianBlur(rng.standard_normal((400, 500)), (0, 0), 1.6) for _ in range(2))
    )
    return _levels(grain * np.exp(0.6 * _cloud(rng, 1.5) / _cloud(rng, 1.5).std()))


def _dots(rng: np.random.Generator) -> NDArray[np.uint8]:
    return np.asarray(np.where(rng.random((400, 500)) < rng.uniform(0.02, 0.3), 255, 0), np.uint8)


NOISE: dict[str, Callable[[np.random.Generator], NDArray[np.uint8]]] = {
    "white": _white,
    "smooth": _smooth,
    "clouds": _clouds,
    "speckle": _speckle,
    "dots": _dots,
}

_WORDS = ("patient", "referred", "week", "growth", "normal", "finding", "ward", "report", "with")


def _document(rng: np.random.Generator) -> NDArray[np.uint8]:
    paper, ink = (255, 20) if rng.random() < 0.7 else (15, 220)
    page = Image.new("L", (620, 800), paper)
    pen, size = ImageDraw.Draw(page), int(rng.integers(12, 26))
    for y in range(40, 760, int(size * 1.5)):
        if rng.random() < 0.85:
            line = " ".join(rng.choice(_WORDS, int(rng.integers(2, 600 // size // 4 + 3))))
            pen.text((40, y), line, ink, ImageFont.load_default(size))
    return np.array(page)


def _screen(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Windows, buttons and lists, as a screenshot shows them."""
    screen = Image.new("RGB", (960, 600), tuple(rng.integers(0, 256, 3).tolist()))
    pen = ImageDraw.Draw(screen)
    for _ in range(int(rng.integers(3, 9))):
        x, y = int(rng.integers(0, 600)), int(rng.integers(0, 380))
        fill = tuple(rng.integers(40, 256, 3).tolist())
        right, bottom = x + int(rng.integers(150, 420)), y + int(rng.integers(80, 300))
        pen.rectangle((x, y, right, bottom), fill, (0,) * 3)
        pen.rectangle((x, y, x + 150, y + 22), (40, 60, 120))
        for row in range(3):
            words = " ".join(rng.choice(_WORDS, 3))
            pen.text((x + 10, y + 30 + 22 * row), words, 0, ImageFont.load_default(14))
    return np.array(screen)


def _chart(rng: np.random.Generator) -> NDArray[np.uint8]:
    dark = rng.random() < 0.4
    chart = Image.new("RGB", (640, 480), (20,) * 3 if dark else (255,) * 3)
    pen = ImageDraw.Draw(chart)
    pen.line((60, 30, 60, 430, 610, 430), (200,) * 3 if dark else (0,) * 3, 2)
    heights = rng.uniform(50, 400, 10)
    colour = tuple(rng.integers(60, 220, 3).tolist())
    if rng.random() < 0.5:
        for place, height in enumerate(heights):
            pen.rectangle((75 + 53 * place, 430 - height, 110 + 53 * place, 430), colour)
    else:
        pen.line([(80 + 55 * place, 430 - y) for place, y in enumerate(heights)], colour, 4)
    return np.array(chart)


def _shapes(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Bright outlines on black, which a fetal head or a femur may look like from afar."""
    canvas = np.zeros((480, 640), np.uint8)
    for _ in range(int(rng.integers(2, 7))):
        centre = tuple(rng.integers(100, 400, 2).tolist())
        axes = tuple(rng.integers(20, 180, 2).tolist())
        cv2.ellipse(
            canvas, centre, axes, rng.uniform(0, 180), 0, 360, int(rng.integers(90, 256)), 5
        )
        ends = rng.integers(40, 440, (2, 2))
        cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), int(rng.integers(90, 256)), 8)
    return canvas


def _gradient(rng: np.random.Generator) -> NDArray[np.uint8]:
    y, x = np.mgrid[-1:1:400j, -1:1:500j]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.hypot(x, y) if rng.random() < 0.5 else x * np.cos(angle) + y * np.sin(angle)
    return _levels(slope if rng.random() < 0.5 else -slope)


def _in_a_fan() -> Iterator[Picture]:
    """Pictures of other things in the outline of an ultrasound scan: the hardest of all."""
    fan = np.zeros((400, 500), np.uint8)
    cv2.ellipse(fan, (250, -60), (440, 440), 0, 50, 130, 1, -1)
    cv2.ellipse(fan, (250, -60), (110, 110), 0, 0, 360, 0, -1)
    for name, make in NOISE.items():
        for seed in range(100, 103):
            filled = fan * make(np.random.default_rng(seed))
            yield "other things in a fan", f"{name}-{seed}", _png(filled)
    for path in _shipped(PHOTOGRAPHS):
        grey = np.array(Image.open(path).convert("L").resize((500, 400)))
        yield "other things in a fan", path.stem, _png(fan * grey)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for kind, name, content in pictures():
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        ending = "png" if content[1:4] == b"PNG" else "dcm"
        (place / f"{name}.{ending}").write_bytes(content)


if __name__ == "__main__":
    main()
