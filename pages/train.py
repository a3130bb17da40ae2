"""Train: what a retraining would learn from, how far it is, and the ones before."""

import streamlit as st

from fetal.planes import PLANES
from fetal.workbench import retraining
from pages.parts import desk, person, router, runs
from pages.parts.words import duration, number

_SIDES = {
    "train": "to learn from",
    "validation": "to check on while learning",
    "test": "locked away, to compare models",
}


def main() -> None:
    st.title("Train")
    bench = desk.workbench()
    outlook = retraining.outlook(bench)
    ahead(outlook)
    start(outlook)
    runs.current(outlook.active.id if outlook.active else None)
    runs.past()


def ahead(outlook: retraining.Outlook) -> None:
    """What a retraining would learn from."""
    scans, patients, new, time = st.columns(4)
    scans.metric(
        "Labelled scans to learn from",
        f"{outlook.scans:,}",
        border=True,
        help="Without those that are locked away to compare models.",
    )
    patients.metric("Their patients", f"{outlook.patients:,}", border=True)
    new.metric(
        "New labels",
        f"{outlook.new_since_champion:,}",
        border=True,
        help="Labels given since the champion, the model that predicts now, was trained.",
    )
    time.metric(
        f"About, on {outlook.device}",
        duration(60 * outlook.minutes) if outlook.scans else "–",
        border=True,
        help="An estimate from this computer’s speed.",
    )
    with st.expander("Labels of each plane, and what they are used for", key="sides"):
        st.caption(
            "All scans of one patient go to one use, for ever. Those that are locked away never "
            "reach the training: they show how a model does on patients it has not seen."
        )
        st.dataframe(
            [
                {
                    "Plane": plane.title,
                    "Labels": outlook.labels.get(plane, 0),
                    **{
                        words.capitalize(): outlook.sides.get(side, {}).get(plane, 0)
                        for side, words in _SIDES.items()
                    },
                }
                for plane in PLANES
            ],
            hide_index=True,
        )


def start(outlook: retraining.Outlook) -> None:
    """The button, or why it cannot be pressed."""
    busy = outlook.active is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Retrain",
            key="retrain",
            type="primary",
            icon=":material/model_training:",
            disabled=busy or bool(outlook.reasons),
            help="Trains a challenger: a new version that predicts for nobody until it has been "
            "compared with the champion and promoted on the Models page.",
        ):
            begin()
        if busy:
            st.caption("A training is going on; only one runs at a time.")
        elif not outlook.reasons:
            st.caption(
                f"Starts from the champion and learns from "
                f"{number(outlook.scans, 'labelled scan', 'labelled scans')}. You can close the "
                "page meanwhile."
            )
    for reason in outlook.reasons:
        st.info(reason, icon=":material/info:")
    if not outlook.workers and not outlook.reasons:
        st.warning(
            "No worker is there to train: a training would wait for one. The app started with "
            "“fetal serve” brings one; “fetal worker” starts one on another computer.",
            icon=":material/hourglass_empty:",
        )


def begin() -> None:
    """Start the training, or say what is missing after all."""
    try:
        retraining.start(desk.workbench(), person.name())
    except retraining.TooLittleError as error:
        st.error(str(error))
    else:
        st.rerun()


router.page(main)
