"""All scans that a model has learnt from, its champion's among them: no evaluation counts them."""

from collections.abc import Sequence
from pathlib import Path

from fetal.bundle import Bundle
from fetal.scans.similarity.perceptual_hash import to_text
from fetal.training.data.examples import Example, hash_of, phantoms
from fetal.training.settings import TrainingSettings


def scans_learnt_from(
    examples: Sequence[Example], settings: TrainingSettings, champion: Bundle | None
) -> tuple[set[str], set[str]]:
    """Return what a trained model, and the one that it started from, know.

    Args:
        examples: The scans of both splits.
        settings: The run's settings.
        champion: The model that it started from; None if it started from weights or from nothing.
            A model's folder may be those weights: what that model knows counts too.

    Returns:
        Digests, and near-duplicate hashes as text.
    """
    digests = {example.digest for example in examples}
    hashes = {hash_of(example) for example in [*examples, *phantoms(settings)]}
    before = champion
    if before is None and settings.weights and Path(settings.weights).is_dir():
        before = Bundle.open(settings.weights)
    if before is not None:
        known = before.training_list()
        digests |= known.digests
        hashes |= {to_text(one) for one in known.hashes}
    return digests, hashes
