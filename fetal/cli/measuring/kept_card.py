"""Where the figures of a model go: into its own card, or into that of a copy."""

from pathlib import Path
from typing import TYPE_CHECKING

from fetal.cli.terminal.output import say

if TYPE_CHECKING:
    from fetal.bundle import Bundle, Card


def keep_card(bundle: "Bundle", card: "Card", copy: Path | None, *, update: bool) -> None:
    """Write a card with new figures where it is asked for.

    Args:
        bundle: the model.
        card: its card with the figures.
        copy: a new folder for a copy of the model with it; None for no copy.
        update: whether the model itself is to have it.

    Raises:
        BundleExistsError: the new folder exists.
    """
    from fetal.bundle import copy_with_card, rewrite_card

    if copy is not None:
        copy_with_card(bundle, card, copy)
        say(f"The model with these figures in its card is in {copy}.")
    if update:
        rewrite_card(bundle, card)
        say(f"The card of the model in {bundle.folder} holds these figures.")
