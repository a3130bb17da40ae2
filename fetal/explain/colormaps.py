"""Heat over a scan: enlarged, coloured, and laid over the pixels."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from fetal.explain.base import Heat

Pixels = npt.NDArray[np.uint8]

COLOUR_MAPS = ("cividis", "viridis", "inferno", "magma")
"""Perceptually uniform, and readable with every common kind of colour blindness."""


class UnknownColourMapError(ValueError):
    """A colour map that the overlays do not offer."""


def enlarge(heat: Heat, size: int) -> Heat:
    """Enlarge a heat map smoothly, so that no grid of the network's cells shows.

    Args:
        heat: float32 (h, w), 0 to 1.
        size: side of the result in pixels.

    Returns:
        float32 (size, size), 0 to 1.
    """
    larger = cv2.resize(heat, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(larger, 0, 1), np.float32)


@cache
def colour_map(name: str) -> Pixels:
    """The colours from cold to hot, for overlays and for the scale beside them.

    Args:
        name: one of `COLOUR_MAPS`.

    Returns:
        uint8 (256, 3), red, green, blue; read-only.

    Raises:
        UnknownColourMapError: the name is none of them.
    """
    if name not in COLOUR_MAPS:
        raise UnknownColourMapError(
            f"There is no colour map “{name}”. Choose one of {', '.join(COLOUR_MAPS)}."
        )
    from plotly.colors import hex_to_rgb, sequential

    stops = np.array([hex_to_rgb(colour) for colour in getattr(sequential, name.title())])
    places = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(places, np.arange(len(stops)), channel) for channel in stops.T]
    colours: Pixels = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def overlay(
    pixels: Pixels, heat: Heat, *, opacity: float = 0.5, colours: str = "cividis"
) -> Pixels:
    """Lay a heat map over a scan.

    Where nothing speaks for the class the scan stays as it is; from half of the largest heat on,
    the colours cover it as much as `opacity` says.

    Args:
        pixels: the scan, uint8 (H, W).
        heat: float32 (H, W), 0 to 1.
        opacity: how much of the scan the hotter half covers, 0 to 1.
        colours: one of `COLOUR_MAPS`.

    Returns:
        uint8 (H, W, 3), red, green, blue.

    Raises:
        UnknownColourMapError: no such colour map.
        ValueError: scan and heat map differ in size, or the opacity is not between 0 and 1.
    """
    if pixels.shape != heat.shape:
        raise ValueError(
            f"Scan and heat map must have one size; received {pixels.shape} and {heat.shape}."
        )
    if not 0 <= opacity <= 1:
        raise ValueError(f"The opacity must be between 0 and 1; received {opacity}.")
    cover = np.minimum(heat * np.float32(2), np.float32(1)) * np.float32(opacity)
    levels = cv2.convertScaleAbs(heat, alpha=255)
    coloured = cv2.applyColorMap(levels, colour_map(colours)[:, None, :])
    grey = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.blendLinear(coloured, grey, cover, 1 - cover), np.uint8)
