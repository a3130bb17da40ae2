"""What each setting of a training is called in plain words, what it means and how it is put."""

from dataclasses import replace
from typing import Any

from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark
from pages.parts.train.augmentation_words import VARIATIONS, VARIED
from pages.parts.train.plain_words import Words

SETTINGS: dict[str, Words] = {
    "name": Words(mark("Recipe"), mark("What these settings are called.")),
    "architecture": Words(
        mark("Kind of network (architecture)"),
        mark("The build of the model: how many layers, and which."),
    ),
    "size": Words(
        mark("Picture size"),
        mark(
            "The side of the square that the model sees. A larger one shows finer detail and takes "
            "longer."
        ),
        mark("{n} pixels"),
    ),
    "crop_to_sector": Words(
        mark("Cut to the ultrasound"),
        mark("Whether the screen around the ultrasound is cut off before the model sees the scan."),
    ),
    "normalise": Words(
        mark("Grey levels fitted to"),
        mark("To which mean and spread the grey levels are brought before the model sees them."),
        values={
            "imagenet": mark("the weights it starts from"),
            mark("training set"): mark("the scans themselves"),
        },
    ),
    "start": Words(
        mark("Starts from"),
        mark("What the model knows before it sees the first scan."),
        values={
            "champion": mark("the champion"),
            "weights": mark("a file with weights"),
            "imagenet": mark("everyday photographs (ImageNet)"),
            "nothing": mark("nothing"),
        },
    ),
    "weights": Words(mark("File with weights"), mark("The file that the training starts from.")),
    "optimizer": Words(
        mark("Way of learning (optimizer)"),
        mark("The rule by which the model is changed after each batch."),
        values={
            "sgd": mark("SGD with momentum"),
            "plain_sgd": "SGD",
            "adam": "Adam",
            "adamw": "AdamW",
        },
    ),
    "weight_decay": Words(
        mark("Pull towards simplicity (weight decay)"),
        mark(
            "How strongly the model is kept from leaning on a few details. Counts for AdamW only."
        ),
    ),
    "loss": Words(
        mark("Measure of error (loss)"),
        mark("What the training makes small."),
        values={
            "categorical": mark("one plane against all others (categorical)"),
            "binary": mark("each plane by itself, yes or no (binary)"),
            "focal": mark("hard scans count more (focal)"),
        },
    ),
    "label_smoothing": Words(
        mark("Room for doubt in labels (label smoothing)"),
        mark(
            "How much of each label is spread over the other planes, so that the model does not "
            "grow too sure."
        ),
        "%",
    ),
    "class_weights": Words(
        mark("Rare planes count more (class weights)"),
        mark("Whether a plane with few scans weighs as much as one with many."),
    ),
    "batch": Words(
        mark("Scans at a time (batch)"), mark("How many scans it sees before it is changed once.")
    ),
    "dropout": Words(
        mark("Features left out by chance (dropout)"),
        mark(
            "The share of what the last layer sees that is left out at each step, so that no "
            "answer hangs on one feature."
        ),
        "%",
    ),
    "mixed_precision": Words(
        mark("Quicker arithmetic (16 bits)"),
        mark("Whether the training computes in 16 bits where the device is quicker with it."),
    ),
    "batch_statistics": Words(
        mark("Learns how large values usually are (batch statistics)"),
        mark(
            "Whether layers that learn also learn how large their values usually are (batch "
            "normalisation). Few scans at a time blur that; a fast training of all layers needs it."
        ),
    ),
    "cache_features": Words(
        mark("Keeps what fixed layers see (feature cache)"),
        mark(
            "Whether what the layers that do not learn make of a scan is kept on disk, so that "
            "they see it once and not at every pass. Quicker."
        ),
    ),
    "variants": Words(
        mark("Fixed variations of a scan"),
        mark(
            "With what fixed layers see kept, a scan is shown in this many fixed variations in "
            "turn; the first is the scan as it is."
        ),
    ),
    "phantoms": Words(
        mark("Simulated scans for each plane"),
        mark("How many simulated scans are added to learn from."),
    ),
    "early_phantoms": Words(
        mark("Simulated heads of early pregnancy"),
        mark(
            "How many simulated heads of 11 to 15 weeks are added to learn from, with a third as "
            "many of the abdomen and of the thorax."
        ),
    ),
    "rehearsal": Words(
        mark("What the model knew counts (rehearsal)"),
        mark(
            "How much what the model knew before counts beside the new scans, so that it does not "
            "forget planes and machines that these do not show. At 0 it may forget them."
        ),
    ),
    "keep": Words(
        mark("Stays near the model before (share kept)"),
        mark(
            "How far the new model is moved back towards the one it started from, at the end. More "
            "forgets less and learns less."
        ),
        "%",
    ),
    "average": Words(
        mark("Mean of the weights (running average)"),
        mark(
            "How slowly a running mean of the model's weights follows them; it is kept in their "
            "place. 0 keeps the weights themselves."
        ),
    ),
    "fragments": Words(
        mark("Frames of no plane made up"),
        mark(
            "In how many of the cases a scan is shown as a frame of no plane, labelled Other: a "
            "corner far enlarged, or halves of two planes."
        ),
        "%",
    ),
    "second_reader": Words(
        mark("Second reader learns too (passes)"),
        mark(
            "How many times the second reader, which says whether it agrees, learns from the new "
            "scans as well. At 0 it stays as it is. Takes longer."
        ),
    ),
    "seed": Words(
        mark("Number that chance starts from (seed)"),
        mark("The same number repeats the same draws."),
    ),
    **VARIATIONS,
}
"""Every setting of `TrainingSettings` and `Augmentation`, by the name that the code gives it."""

STAGE: dict[str, Words] = {
    "name": Words(
        mark("called"),
        mark("What this stage is called."),
        values={one: one for one in (mark("Last layer"), mark("Upper layers"), mark("All layers"))},
    ),
    "learn": Words(
        mark("what learns"),
        mark(
            "Which layers are changed. The last layer alone is quick; more layers learn more and "
            "forget more."
        ),
        values={"head": mark("the last layer"), "all": mark("all layers")},
    ),
    "epochs": Words(
        mark("passes at most (epochs)"), mark("How many times at most it goes through all scans.")
    ),
    "learning_rate": Words(
        mark("step (learning rate)"),
        mark(
            "How far the model is changed each time. Too large a step forgets, too small a one is "
            "slow."
        ),
    ),
    "schedule": Words(
        mark("how the step shrinks (schedule)"),
        mark("When the step is made smaller."),
        values={
            "cosine": mark("steadily, to the end (cosine)"),
            "plateau": mark("when nothing gets better (plateau)"),
        },
    ),
    "patience": Words(
        mark("patience"),
        mark("After how many passes without getting better the stage ends."),
        mark("{n} passes"),
    ),
    "keeps": Words(
        mark("what it ends with (keeps)"),
        mark("Which state of the model the stage ends with."),
        values={
            "best": mark("the best on validation scans (best)"),
            "last": mark("the last one (last)"),
        },
    ),
}
"""Every setting of a `Stage`."""


SHAPE = ("architecture", "size", "crop_to_sector")
"""What a training that starts from the champion takes over from it, whatever its settings say."""

PRESET_WORDS = {
    "default": mark("the usual ones; the last layer learns first, then the upper layers"),
    "original": mark("as in the published experiment; all layers learn, large pictures, slow"),
}
"""What the settings that come with the program are for."""


def words(name: str) -> Words:
    """The words of a setting in the reader's language, under the name that `flat` gives it.

    A setting that another version of the program wrote, and this one does not know, is put as it
    is named.
    """
    if not name.startswith("stages."):
        known = _translated(SETTINGS.get(name, Words(name, "")))
        if name in VARIATIONS:
            return replace(known, meaning=f"{_(VARIED)} {known.meaning}")
        return known
    number, part = name.removeprefix("stages.").split(".")
    inner = _translated(STAGE.get(part, Words(part, "")))
    title = _("Stage {number}: {setting}").format(number=int(number) + 1, setting=inner.title)
    return replace(inner, title=title)


def _translated(known: Words) -> Words:
    values = {value: _(words) for value, words in known.values.items()}
    return Words(_(known.title), _(known.meaning), _(known.unit), values)


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
        return _("yes") if value else _("no")
    if not isinstance(value, int | float):
        return known.values.get(str(value), str(value))
    if known.unit == "%":
        return f"{plain(100 * value)} %"
    return known.unit.format(n=plain(value)) if known.unit else plain(value)


def put_stage(name: str) -> str:
    """The name of a stage as a person reads it; as the settings say, where they gave another."""
    return _(STAGE["name"].values.get(name, name))


def plain(number: float) -> str:
    """A number without an exponent and without empty decimals."""
    # Beyond eight decimals is what arithmetic in binary leaves over.
    rounded = round(number, 8)
    if rounded == int(rounded):
        return customs.whole(int(rounded))
    return customs.with_its_point(f"{rounded:.8f}".rstrip("0"))
