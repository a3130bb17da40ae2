"""What each way of varying a training scan is called in plain words."""

from pages.parts.train.plain_words import Words

_VARIED = "Each time a scan is shown it is varied by chance. "

VARIATIONS: dict[str, Words] = {
    "augmentation.flip_horizontal": Words(
        "Varied: mirrored", _VARIED + "Left and right change places in half of the cases."
    ),
    "augmentation.flip_vertical": Words(
        "Varied: upside down", _VARIED + "Top and bottom change places in half of the cases."
    ),
    "augmentation.rotation": Words(
        "Varied: turned by up to", _VARIED + "The largest turn to either side.", "°"
    ),
    "augmentation.zoom": Words(
        "Varied: larger or smaller by up to", _VARIED + "The largest change of size.", "%"
    ),
    "augmentation.shift": Words(
        "Varied: moved by up to", _VARIED + "The largest move, as a share of the side.", "%"
    ),
    "augmentation.gain": Words(
        "Varied: brighter or darker by up to", _VARIED + "As a share of full white.", "%"
    ),
    "augmentation.contrast": Words(
        "Varied: contrast by up to", _VARIED + "The largest change of contrast.", "%"
    ),
    "augmentation.gamma": Words(
        "Varied: mid-greys by up to (gamma)",
        _VARIED + "How much the middle greys are lifted or lowered; black and white stay.",
    ),
    "augmentation.speckle": Words(
        "Varied: grain by up to (speckle)", _VARIED + "The strongest grain that is added.", "%"
    ),
    "augmentation.blur": Words(
        "Varied: blurred by up to", _VARIED + "The strongest blur.", " pixels"
    ),
    "augmentation.lift": Words(
        "Varied: black lifted by up to",
        _VARIED + "How far black tissue is lifted towards white, as low contrast does.",
        "%",
    ),
    "augmentation.coarseness": Words(
        "Varied: coarser by up to",
        _VARIED + "By which factor the scan is made smaller and larger again; 1 leaves it.",
        " times",
    ),
    "augmentation.writing": Words(
        "Varied: writing over it",
        _VARIED + "In how many of the cases letters and calipers are drawn over the scan.",
        "%",
    ),
    "augmentation.blank": Words(
        "Varied: parts blank",
        _VARIED + "In how many of the cases a corner, a side or a patch is blank, as in shadows.",
        "%",
    ),
    "augmentation.curve": Words(
        "Varied: grey scale bent by up to",
        _VARIED + "Parts of the grey scale become steeper or flatter, as on other machines.",
        "%",
    ),
    "augmentation.grain": Words(
        "Varied: grain of other sizes by up to",
        _VARIED + "The strongest grain, 1 to 4 pixels deep and wider across the beam.",
        "%",
    ),
    "augmentation.stretch": Words(
        "Varied: wider or narrower by up to",
        _VARIED + "The scan grows wider while it grows flatter, or the other way.",
        "%",
    ),
    "augmentation.depth": Words(
        "Varied: depth by up to",
        _VARIED + "In half of the cases it shrinks or grows from the probe down.",
        "%",
    ),
    "augmentation.harmonic": Words(
        "Varied: sharper by up to",
        _VARIED + "How much of a picture with sharp edges and strong local contrast is mixed in.",
        "%",
    ),
    "augmentation.histogram": Words(
        "Varied: grey levels of another scan",
        _VARIED + "In how many of the cases it takes over the grey levels of another scan.",
        "%",
    ),
    "augmentation.spectrum": Words(
        "Varied: brightness of another scan",
        _VARIED + "In how many of the cases it takes over the coarse brightness of another scan.",
        "%",
    ),
}
"""Every setting of `Augmentation`, by the name that the code gives it."""
