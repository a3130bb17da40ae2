"""What an import would bring: of which planes, of how many patients, and in which split."""

import streamlit as st

from fetal.workbench.imports.recognise import ImportPlan, Kind
from pages.parts.shared.formatting import label
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext

KINDS = {
    Kind.HC18: mark("the data set HC18 (all fetal heads)"),
    Kind.FETAL_PLANES: mark("the data set FETAL_PLANES_DB"),
    Kind.TABLE: mark("a table of labels"),
    Kind.FOLDERS: mark("a folder for each plane"),
    Kind.UNLABELLED: mark("scans without labels"),
}
"""What each kind of import is called."""


def facts(plan: ImportPlan) -> None:
    """How many scans of each plane, of how many patients, and in which split."""
    planes, splits = st.columns([1, 2], gap="large")
    counts = plan.planes()
    if plan.kind is not Kind.UNLABELLED and counts:
        planes.dataframe(
            [
                {_("Plane"): label(plane), _("Scans"): count}
                for plane, count in sorted(counts.items(), key=lambda pair: -pair[1])
            ],
            hide_index=True,
        )
    with splits:
        for sentence in beside_the_planes(plan):
            st.markdown(sentence)


def beside_the_planes(plan: ImportPlan) -> list[str]:
    """What else a person should know of it."""
    counted = (
        (
            plan.patients(),
            ngettext("{n} patient is named.", "{n} patients are named.", plan.patients()),
        ),
        (
            plan.kept_to_test(),
            ngettext(
                "The table keeps **{n} scan** out of training: their patients go to the locked "
                "test set, unless they have learnt or steered already.",
                "The table keeps **{n} scans** out of training: their patients go to the locked "
                "test set, unless they have learnt or steered already.",
                plan.kept_to_test(),
            ),
        ),
        (
            len(plan.stored),
            ngettext(
                "{n} line of the table without an image: where that image’s scan is here already, "
                "it gets the label.",
                "{n} lines of the table without an image: where that image’s scan is here already, "
                "it gets the label.",
                len(plan.stored),
            ),
        ),
        (
            len(plan.unlisted),
            ngettext(
                "{n} image that the table does not list stays out.",
                "{n} images that the table does not list stay out.",
                len(plan.unlisted),
            ),
        ),
        (
            plan.masks,
            ngettext(
                "{n} file with outlines that somebody drew is no scan and stays out.",
                "{n} files with outlines that somebody drew are no scans and stay out.",
                plan.masks,
            ),
        ),
    )
    return [words.format(n=customs.whole(count)) for count, words in counted if count]
