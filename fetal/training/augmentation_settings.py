"""How a training scan is varied: one number for each way."""

from dataclasses import dataclass

from fetal.training.setting_checks import check_within

AUGMENTATION_RANGES: dict[str, tuple[float, float]] = {
    "rotation": (0, 180),
    "zoom": (0, 0.9),
    "shift": (0, 0.9),
    "gain": (0, 1),
    "contrast": (0, 1),
    "gamma": (0, 10),
    "speckle": (0, 1),
    "blur": (0, 50),
    "lift": (0, 1),
    "coarseness": (1, 32),
    "writing": (0, 1),
    "blank": (0, 1),
    "curve": (0, 0.9),
    "grain": (0, 1),
    "stretch": (0, 0.9),
    "depth": (0, 0.9),
    "harmonic": (0, 1),
    "histogram": (0, 1),
    "spectrum": (0, 1),
}
"""The least and the most that each may be, as for the other settings of a training."""


@dataclass(frozen=True)
class Augmentation:
    """How a training scan is varied each time it is shown; every range is drawn uniformly."""

    flip_horizontal: bool = True
    flip_vertical: bool = False
    rotation: float = 15.0
    """Degrees to either side."""
    zoom: float = 0.15
    """Share of the side by which the picture grows or shrinks."""
    shift: float = 0.08
    """Share of the side by which it moves."""
    gain: float = 0.15
    """Share of full white added or taken."""
    contrast: float = 0.3
    """Share by which differences from the mean grow or shrink."""
    gamma: float = 0.3
    """Exponent between 1 / (1 + gamma) and 1 + gamma."""
    speckle: float = 0.15
    """Largest deviation of multiplicative noise."""
    blur: float = 1.2
    """Largest deviation of a Gaussian blur, in pixels."""
    lift: float = 0.0
    """Largest share of full white to which black tissue is lifted, as low contrast does."""
    coarseness: float = 1.0
    """Largest factor by which the picture is made smaller and larger again; 1 leaves it."""
    writing: float = 0.0
    """Chance of letters and calipers over the picture, 0 to 1."""
    blank: float = 0.0
    """Chance of a blank corner, side or patch, as shadows and wrong masks leave, 0 to 1."""

    curve: float = 0.0
    """Largest share by which a random rising curve makes parts of the grey scale steeper or
    flatter, as other machines and presets map echoes to grey."""
    grain: float = 0.0
    """Largest deviation of multiplicative noise whose grain is 1 to 4 pixels deep and wider
    across the beam, as that of other probes is."""
    stretch: float = 0.0
    """Largest share by which the picture grows wider while it grows flatter, or the other way."""
    depth: float = 0.0
    """Share by which, in half of the cases, the picture shrinks or grows from the probe down, as
    another depth setting would show it."""
    harmonic: float = 0.0
    """Largest share of a picture with locally raised contrast and sharp edges that is mixed in,
    as harmonic imaging and edge enhancement look."""
    histogram: float = 0.0
    """Chance that the grey levels are matched to those of another training scan, of another
    source where there are several, 0 to 1."""
    spectrum: float = 0.0
    """Chance that the coarse brightness is taken over from such a scan, in the Fourier domain
    (Xu et al. 2021; Yang and Soatto 2020), 0 to 1."""

    def __post_init__(self) -> None:
        for name, (least, most) in AUGMENTATION_RANGES.items():
            check_within(self, name, least, most)
