"""What each setting of a training is called in plain words, what it means and how it is put."""

from typing import Any

from pages.parts.train.augmentation_words import VARIATIONS
from pages.parts.train.plain_words import Words

SETTINGS: dict[str, Words] = {
    "name": Words("Recipe", "What these settings are called."),
    "architecture": Words(
        "Kind of network (architecture)", "The build of the model: how many layers, and which."
    ),
    "size": Words(
        "Picture size",
        "The side of the square that the model sees. A larger one shows finer detail and takes "
        "longer.",
        " pixels",
    ),
    "crop_to_sector": Words(
        "Cut to the ultrasound",
        "Whether the screen around the ultrasound is cut off before the model sees the scan.",
    ),
    "normalise": Words(
        "Grey levels fitted to",
        "To which mean and spread the grey levels are brought before the model sees them.",
        values={"imagenet": "the weights it starts from", "training set": "the scans themselves"},
    ),
    "start": Words(
        "Starts from",
        "What the model knows before it sees the first scan.",
        values={
            "champion": "the champion",
            "weights": "a file with weights",
            "imagenet": "everyday photographs (ImageNet)",
            "nothing": "nothing",
        },
    ),
    "weights": Words("File with weights", "The file that the training starts from."),
    "optimizer": Words(
        "Way of learning (optimizer)",
        "The rule by which the model is changed after each batch.",
        values={
            "sgd": "SGD with momentum",
            "plain_sgd": "SGD",
            "adam": "Adam",
            "adamw": "AdamW",
        },
    ),
    "weight_decay": Words(
        "Pull towards simplicity (weight decay)",
        "How strongly the model is kept from leaning on a few details. Counts for AdamW only.",
    ),
    "loss": Words(
        "Measure of error (loss)",
        "What the training makes small.",
        values={
            "categorical": "one plane against all others (categorical)",
            "binary": "each plane by itself, yes or no (binary)",
            "focal": "hard scans count more (focal)",
        },
    ),
    "label_smoothing": Words(
        "Room for doubt in labels (label smoothing)",
        "How much of each label is spread over the other planes, so that the model does not grow "
        "too sure.",
        "%",
    ),
    "class_weights": Words(
        "Rare planes count more (class weights)",
        "Whether a plane with few scans weighs as much as one with many.",
    ),
    "batch": Words("Scans at a time (batch)", "How many scans it sees before it is changed once."),
    "dropout": Words(
        "Features left out by chance (dropout)",
        "The share of what the last layer sees that is left out at each step, so that no answer "
        "hangs on one feature.",
        "%",
    ),
    "mixed_precision": Words(
        "Quicker arithmetic (16 bits)",
        "Whether the training computes in 16 bits where the device is quicker with it.",
    ),
    "cache_features": Words(
        "Keeps what fixed layers see (feature cache)",
        "Whether what the layers that do not learn make of a scan is kept on disk, so that they "
        "see it once and not at every pass. Quicker.",
    ),
    "variants": Words(
        "Fixed variations of a scan",
        "With what fixed layers see kept, a scan is shown in this many fixed variations in turn; "
        "the first is the scan as it is.",
    ),
    "phantoms": Words(
        "Simulated scans for each plane", "How many simulated scans are added to learn from."
    ),
    "rehearsal": Words(
        "What the model knew counts (rehearsal)",
        "How much what the model knew before counts beside the new scans, so that it does not "
        "forget planes and machines that these do not show. At 0 it may forget them.",
    ),
    "keep": Words(
        "Stays near the model before (share kept)",
        "How far the new model is moved back towards the one it started from, at the end. More "
        "forgets less and learns less.",
        "%",
    ),
    "average": Words(
        "Mean of the weights (running average)",
        "How slowly a running mean of the model's weights follows them; it is kept in their place. "
        "0 keeps the weights themselves.",
    ),
    "fragments": Words(
        "Frames of no plane made up",
        "In how many of the cases a scan is shown as a frame of no plane, labelled Other: a corner "
        "far enlarged, or halves of two planes.",
        "%",
    ),
    "seed": Words(
        "Number that chance starts from (seed)", "The same number repeats the same draws."
    ),
    **VARIATIONS,
}
"""Every setting of `TrainingSettings` and `Augmentation`, by the name that the code gives it."""

STAGE: dict[str, Words] = {
    "name": Words("called", "What this stage is called."),
    "learn": Words(
        "what learns",
        "Which layers are changed. The last layer alone is quick; more layers learn more and "
        "forget more.",
        values={"head": "the last layer", "all": "all layers"},
    ),
    "epochs": Words("passes at most (epochs)", "How many times at most it goes through all scans."),
    "learning_rate": Words(
        "step (learning rate)",
        "How far the model is changed each time. Too large a step forgets, too small a one is "
        "slow.",
    ),
    "schedule": Words(
        "how the step shrinks (schedule)",
        "When the step is made smaller.",
        values={
            "cosine": "steadily, to the end (cosine)",
            "plateau": "when nothing gets better (plateau)",
        },
    ),
    "patience": Words(
        "patience", "After how many passes without getting better the stage ends.", " passes"
    ),
}
"""Every setting of a `Stage`."""


SHAPE = ("architecture", "size", "crop_to_sector")
"""What a training that starts from the champion takes over from it, whatever its settings say."""

PRESET_WORDS = {
    "default": "the usual ones; the last layer learns first, then the upper layers",
    "original": "as in the published experiment; all layers learn, large pictures, slow",
}
"""What the settings that come with the program are for."""


def words(name: str) -> Words:
    """The words of a setting, under the name that `side_by_side.flat` gives it.

    A setting that another version of the program wrote, and this one does not know, is put as it
    is named.
    """
    if name.startswith("stages."):
        _, number, part = name.split(".")
        inner = STAGE.get(part, Words(part, ""))
        title = f"Stage {int(number) + 1}: {inner.title}"
        return Words(title, inner.meaning, inner.unit, inner.values)
    return SETTINGS.get(name, Words(name, ""))


def put(name: str, value: Any) -> str:
    """A value of a setting as a person reads it.

    Example:
        >>> put("dropout", 0.2), put("crop_to_sector", True), put("stages.0.learning_rate", 5e-5)
        ('20 %', 'yes', '0.00005')
    """
    known = words(name)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return known.values.get(str(value), str(value))
    if known.unit == "%":
        return f"{plain(100 * value)} %"
    return f"{plain(value)}{known.unit}"


def plain(number: float) -> str:
    """A number without an exponent and without empty decimals."""
    return f"{number:,.8f}".rstrip("0").rstrip(".")
