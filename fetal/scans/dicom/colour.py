"""From the samples of a DICOM frame to the 8-bit picture that the machine showed."""

from contextlib import suppress
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi

from fetal.scans.dicom.stream_header import StreamColour
from fetal.scans.dicom.values import number, word
from fetal.scans.raster import to_eight_bits

_MIDDLE = 128
_CLEARLY = 3.0
_DEPTHS = (8, 10, 12, 14, 16)


def shown(
    samples: NDArray[Any], dataset: pydicom.Dataset, told: StreamColour = StreamColour.UNTOLD
) -> NDArray[np.uint8]:
    """Turn decoded samples into the picture on the machine's screen.

    Greys pass the modality transform and the first window or value-of-interest table where the
    file has them (PS3.3, C.11.1 and C.11.2); MONOCHROME1 is inverted; palettes are looked up.

    The photometric interpretation is believed as far as the data bear it out. The number of
    samples decides between grey and colour, whatever is written. Of three samples, a stream's
    own markers decide; else what is written, unless the other reading is far more neutral: a scan
    is nearly grey, and read the wrong way round it is bright green or magenta.

    Args:
        samples: (H, W), or (H, W, 3) before any conversion of colours; any integers.
        dataset: the file's.
        told: what the frame's stream says its samples are.

    Returns:
        uint8 (H, W) or (H, W, 3) in RGB.
    """
    written = word(dataset, "PhotometricInterpretation")
    if samples.ndim == 3:
        return _colours(samples, written, told)
    if written == "PALETTE COLOR" and "RedPaletteColorLookupTableDescriptor" in dataset:
        return _looked_up(samples, dataset)
    grey = _greys(samples, dataset)
    return np.asarray(255 - grey, np.uint8) if written == "MONOCHROME1" else grey


def _colours(samples: NDArray[Any], written: str, told: StreamColour) -> NDArray[np.uint8]:
    pixels = samples if samples.dtype == np.uint8 else to_eight_bits(samples)
    if told is StreamColour.UNTOLD:
        is_ybr = written.startswith(("YBR_FULL", "YBR_PARTIAL"))
        as_rgb, as_ybr = _colourfulness(pixels)
        contradicted = as_ybr * _CLEARLY < as_rgb if not is_ybr else as_rgb * _CLEARLY < as_ybr
        is_ybr ^= contradicted
    else:
        is_ybr = told is StreamColour.YBR
    if not is_ybr:
        return pixels
    if written.startswith("YBR_PARTIAL") and told is StreamColour.UNTOLD:
        pixels = _stretched(pixels)
    # OpenCV wants the differences the other way round; its formula is that of PS3.3, C.7.6.3.1.2.
    turned = np.ascontiguousarray(pixels[..., [0, 2, 1]])
    return np.asarray(cv2.cvtColor(turned, cv2.COLOR_YCrCb2RGB), np.uint8)


def _stretched(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness of 16 to 235 and differences of 16 to 240 as 0 to 255 (PS3.3, C.7.6.3.1.2)."""
    levels = pixels.astype(np.float32)
    levels[..., 0] = (levels[..., 0] - 16) * (255 / 219)
    levels[..., 1:] = (levels[..., 1:] - _MIDDLE) * (255 / 224) + _MIDDLE
    return np.asarray(np.rint(levels).clip(0, 255), np.uint8)


def _colourfulness(pixels: NDArray[np.uint8]) -> tuple[float, float]:
    """How far from grey the samples lie on average, read as RGB and read as YBR."""
    small = pixels[:: max(1, pixels.shape[0] // 128), :: max(1, pixels.shape[1] // 128)]
    first, second, third = (small[..., channel].astype(np.int16) for channel in range(3))
    as_rgb = np.abs(first - second) + np.abs(second - third)
    as_ybr = np.abs(second - _MIDDLE) + np.abs(third - _MIDDLE)
    return float(as_rgb.mean()), float(as_ybr.mean())


def _looked_up(samples: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[np.uint8]:
    bits = 8 if samples.dtype.itemsize == 1 else 16
    # One pass over every possible value: the table is scaled as a whole, so that all frames of a
    # clip have one brightness, and 8-bit entries in a table that claims 16 bits stay what they are.
    every = np.arange(2**bits, dtype=np.uint8 if bits == 8 else np.uint16)
    table = to_eight_bits(np.asarray(apply_color_lut(every, _turned(dataset))))
    return np.asarray(table[samples.astype(every.dtype)][..., :3], np.uint8)


def _turned(dataset: pydicom.Dataset) -> pydicom.Dataset:
    """Big-endian tables turned to what pydicom takes them for."""
    tables = [f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")]
    deep = int(dataset.RedPaletteColorLookupTableDescriptor[2]) == 16
    if dataset.file_meta.TransferSyntaxUID.is_little_endian or not deep or tables[0] not in dataset:
        return dataset
    turned = dataset.group_dataset(0x0028)
    for table in tables:
        setattr(turned, table, np.frombuffer(dataset[table].value, ">u2").astype("<u2").tobytes())
    return turned


def _greys(samples: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[np.uint8]:
    values = _rescaled(samples, dataset)
    table = _by_table(values, dataset)
    if table is not None:
        return table
    window = _window(dataset)
    if window is not None:
        grey = _windowed(values, *window, dataset)
        # A window beside all that is there would show nothing.
        if grey.min() != grey.max():
            return grey
    return to_eight_bits(values)


def _rescaled(samples: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[Any]:
    if "ModalityLUTSequence" in dataset:
        with suppress(Exception):
            return np.asarray(apply_modality_lut(samples, dataset))
    slope, shift = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    if slope is None or shift is None or slope == 0 or (slope, shift) == (1.0, 0.0):
        return samples
    return np.asarray(samples * slope + shift, np.float64)


def _by_table(values: NDArray[Any], dataset: pydicom.Dataset) -> NDArray[np.uint8] | None:
    """Greys by the value-of-interest table; None where there is none, or it cannot be used."""
    if "VOILUTSequence" not in dataset:
        return None
    # A damaged table counts as one that was not written, and may fail as any kind of error.
    with suppress(Exception):
        found = np.asarray(apply_voi(np.rint(values).astype(np.int64), dataset), np.float64)
        if found.min() == found.max():
            return None
        depth = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        # Descriptors claim 16 bits for tables of 12; a table's brightest entry is white.
        brightest = float(np.max(apply_voi(np.arange(-(2**15), 2**16), dataset)))
        white = next((2**bits - 1 for bits in _DEPTHS if brightest < 2**bits), 2**depth - 1)
        return np.asarray(np.rint(np.clip(found / white, 0, 1) * 255), np.uint8)
    return None


def _window(dataset: pydicom.Dataset) -> tuple[float, float] | None:
    centre, width = number(dataset, "WindowCenter"), number(dataset, "WindowWidth")
    return None if centre is None or width is None or width < 1 else (centre, width)


def _windowed(
    values: NDArray[Any], centre: float, width: float, dataset: pydicom.Dataset
) -> NDArray[np.uint8]:
    # PS3.3, C.11.2.1.2 and C.11.2.1.3; linear is the rule where nothing is written.
    function = word(dataset, "VOILUTFunction")
    levels = np.asarray(values, np.float64)
    if function == "SIGMOID":
        share = 1 / (1 + np.exp(np.clip(-4 * (levels - centre) / width, -500, 500)))
    elif function == "LINEAR_EXACT":
        share = (levels - centre) / width + 0.5
    else:
        share = (levels - (centre - 0.5)) / max(width - 1, 1e-9) + 0.5
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)
