"""What each way of varying a training scan is called in plain words."""

from pages.parts.texts.catalogue import mark
from pages.parts.train.plain_words import Words

VARIED = mark("Each time a scan is shown it is varied by chance.")
"""Stands before the meaning of each of them."""

VARIATIONS: dict[str, Words] = {
    "augmentation.flip_horizontal": Words(
        mark("Varied: mirrored"), mark("Left and right change places in half of the cases.")
    ),
    "augmentation.flip_vertical": Words(
        mark("Varied: upside down"), mark("Top and bottom change places in half of the cases.")
    ),
    "augmentation.rotation": Words(
        mark("Varied: turned by up to"), mark("The largest turn to either side."), "{n}°"
    ),
    "augmentation.zoom": Words(
        mark("Varied: larger or smaller by up to"), mark("The largest change of size."), "%"
    ),
    "augmentation.shift": Words(
        mark("Varied: moved by up to"), mark("The largest move, as a share of the side."), "%"
    ),
    "augmentation.gain": Words(
        mark("Varied: brighter or darker by up to"), mark("As a share of full white."), "%"
    ),
    "augmentation.contrast": Words(
        mark("Varied: contrast by up to"), mark("The largest change of contrast."), "%"
    ),
    "augmentation.gamma": Words(
        mark("Varied: mid-greys by up to (gamma)"),
        mark("How much the middle greys are lifted or lowered; black and white stay."),
    ),
    "augmentation.speckle": Words(
        mark("Varied: grain by up to (speckle)"), mark("The strongest grain that is added."), "%"
    ),
    "augmentation.blur": Words(
        mark("Varied: blurred by up to"), mark("The strongest blur."), mark("{n} pixels")
    ),
    "augmentation.lift": Words(
        mark("Varied: black lifted by up to"),
        mark("How far black tissue is lifted towards white, as low contrast does."),
        "%",
    ),
    "augmentation.coarseness": Words(
        mark("Varied: coarser by up to"),
        mark("By which factor the scan is made smaller and larger again; 1 leaves it."),
        mark("{n} times"),
    ),
    "augmentation.writing": Words(
        mark("Varied: writing over it"),
        mark("In how many of the cases letters and calipers are drawn over the scan."),
        "%",
    ),
    "augmentation.blank": Words(
        mark("Varied: parts blank"),
        mark("In how many of the cases a corner, a side or a patch is blank, as in shadows."),
        "%",
    ),
    "augmentation.curve": Words(
        mark("Varied: grey scale bent by up to"),
        mark("Parts of the grey scale become steeper or flatter, as on other machines."),
        "%",
    ),
    "augmentation.grain": Words(
        mark("Varied: grain of other sizes by up to"),
        mark("The strongest grain, 1 to 4 pixels deep and wider across the beam."),
        "%",
    ),
    "augmentation.stretch": Words(
        mark("Varied: wider or narrower by up to"),
        mark("The scan grows wider while it grows flatter, or the other way."),
        "%",
    ),
    "augmentation.depth": Words(
        mark("Varied: depth by up to"),
        mark("In half of the cases it shrinks or grows from the probe down."),
        "%",
    ),
    "augmentation.harmonic": Words(
        mark("Varied: sharper by up to"),
        mark("How much of a picture with sharp edges and strong local contrast is mixed in."),
        "%",
    ),
    "augmentation.histogram": Words(
        mark("Varied: grey levels of another scan"),
        mark("In how many of the cases it takes over the grey levels of another scan."),
        "%",
    ),
    "augmentation.spectrum": Words(
        mark("Varied: brightness of another scan"),
        mark("In how many of the cases it takes over the coarse brightness of another scan."),
        "%",
    ),
}
"""Every setting of `Augmentation`, by the name that the code gives it."""
