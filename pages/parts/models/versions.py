"""Every version of the model: its card, its download, and who promoted what."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from fetal.metrics import Evaluation
from fetal.planes import Plane
from fetal.workbench.core.permissions import Permission
from fetal.workbench.models import promotion as models
from pages.parts.app import app_state
from pages.parts.models import evaluation
from pages.parts.shared.formatting import moment, plain


def one(version: models.ModelView) -> None:
    """One version: its card, its download and its evaluation."""
    origin = "came with the program" if version.origin == "shipped" else "retrained here"
    crown = ":material/trophy: " if version.is_champion else ""
    expander = st.expander(
        f"{crown}{plain(version.name)} · {origin}, {moment(version.added_at)}",
        key=f"version-{version.id}",
        on_change="rerun",
    )
    if not expander.open:
        return
    with expander:
        card(version)
        if app_state.may(Permission.EXPORT):
            st.download_button(
                "Download this model (ZIP)",
                data=partial(models.archive, app_state.workbench(), version.id),
                file_name=f"{version.name}.zip",
                mime="application/zip",
                key=f"download-{version.id}",
                icon=":material/download:",
                on_click="ignore",
            )
        evaluation.show(version)


def card(version: models.ModelView) -> None:
    """What the model is, what it learnt from, and its limits."""
    written: Mapping[str, Any] = version.card
    training = written.get("training", {})
    st.markdown(
        f"**Made** {plain(written.get('created', '–'))} · "
        f"**kind** {plain(written.get('architecture', '–'))} · "
        f"**input** {plain(written.get('input', {}).get('size', '–'))} pixels · "
        f"**from** {plain(version.parent_name or start(training))}"
    )
    st.markdown(
        f"**Learnt from** {plain(training.get('scans', '–'))} scans of "
        f"{plain(training.get('patients', '–'))} patients{plain(phantoms(training))}"
    )
    per_plane = training.get("per_plane", {})
    if per_plane:
        st.caption(plain(", ".join(f"{Plane(p).title} {n}" for p, n in per_plane.items())))
    for data in written.get("data", []):
        told = (data.get(key) for key in ("name", "authors", "licence", "source"))
        st.caption(f"Data: {plain(', '.join(str(one) for one in told))}")
    limits = written.get("limits", [])
    if limits:
        st.markdown("**Limits**\n" + "\n".join(f"- {plain(one)}" for one in limits))
    with st.popover("The whole card", key=f"card-{version.id}"):
        st.json(dict(written), expanded=1)


def start(training: Mapping[str, Any]) -> str:
    """What the training began with, where no other version was its parent."""
    settings = training.get("settings", {})
    return {
        "weights": f"the weights file {settings.get('weights')}",
        "imagenet": "weights learnt on everyday photographs (ImageNet)",
        "nothing": "nothing",
    }.get(training.get("started_from", ""), "–")


def measured(version: models.ModelView) -> str | None:
    """How the version did on patients it had not seen, where its card says so."""
    figures = version.card.get("metrics", {}).get("four fetal planes")
    if not figures:
        return None
    found = Evaluation.from_json(figures)
    return (
        f"Right on {found.accuracy.percent()} of {found.n} scans of {found.patients} patients it "
        "had never seen, counted over brain, abdomen, femur and thorax when it was made. In "
        "brackets: where the figure would lie in 95 of 100 such groups of patients."
    )


def phantoms(training: Mapping[str, Any]) -> str:
    """How many simulated scans the model learnt from."""
    count = training.get("phantoms")
    return f", and {count} simulated scans" if count else ""


def history() -> None:
    """Who promoted what, and when."""
    with st.expander("Promotions so far", key="promotions"):
        st.dataframe(
            [
                {
                    "When": moment(promotion.at),
                    "What": _KINDS.get(promotion.kind, promotion.kind),
                    "Model": promotion.model_name,
                    "Who": promotion.who,
                }
                for promotion in models.promotions(app_state.workbench())
            ],
            hide_index=True,
        )


_KINDS = {"shipped": "came with the program", "promote": "promoted", "rollback": "rolled back to"}
