"""Every version of the model: its card, its download, and who promoted what."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from fetal.metrics import Evaluation
from fetal.workbench.core.permissions import Permission
from fetal.workbench.models import promotion as models
from pages.parts.app import app_state
from pages.parts.models import evaluation, figure_words
from pages.parts.shared.formatting import label, moment, number, plain, tenths
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark


def one(version: models.ModelView) -> None:
    """One version: its card, its download and its evaluation."""
    origin = _("came with the program") if version.origin == "shipped" else _("retrained here")
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
        taken_along(version)
        evaluation.show(version)


def card(version: models.ModelView) -> None:
    """What the model is, what it learnt from, and its limits."""
    written: Mapping[str, Any] = version.card
    training = written.get("training", {})
    st.markdown(
        _("**Made** {when} · **kind** {kind} · **input** {size} pixels · **from** {start}").format(
            when=plain(made(written.get("created"))),
            kind=plain(written.get("architecture", "–")),
            size=plain(written.get("input", {}).get("size", "–")),
            start=plain(version.parent_name or start(training)),
        )
    )
    sentence = (
        _("**Learnt from** {scans} scans of {patients} patients, and {more} simulated scans")
        if training.get("phantoms")
        else _("**Learnt from** {scans} scans of {patients} patients")
    )
    st.markdown(
        sentence.format(
            scans=plain(written_number(training.get("scans"))),
            patients=plain(written_number(training.get("patients"))),
            more=plain(written_number(training.get("phantoms"))),
        ),
        help=plain(of_each_plane(training)) or None,
    )
    limits = written.get("limits", [])
    if limits:
        st.markdown("\n".join([_("**Limits**"), *(f"- {plain(one)}" for one in limits)]))


def taken_along(version: models.ModelView) -> None:
    """What the model learnt from, its whole card, and its files."""
    with st.container(horizontal=True):
        sources = version.card.get("data", [])
        if sources:
            with st.popover(_("Where its scans come from"), key=f"data-{version.id}"):
                for data in sources:
                    told = (data.get(key) for key in ("name", "authors", "licence", "source"))
                    st.markdown(plain(", ".join(str(one) for one in told)))
        with st.popover(_("The whole card"), key=f"card-{version.id}"):
            st.json(dict(version.card), expanded=1)
        if app_state.may(Permission.EXPORT):
            st.download_button(
                _("Download this model (ZIP)"),
                data=partial(models.archive, app_state.workbench(), version.id),
                file_name=f"{version.name}.zip",
                mime="application/zip",
                key=f"download-{version.id}",
                icon=":material/download:",
                on_click="ignore",
            )


def made(at: object) -> str:
    """When a model was made; as its card says, where that is no moment."""
    try:
        return moment(datetime.fromisoformat(str(at)))
    except ValueError:
        return str(at or "–")


def written_number(count: object) -> str:
    """A count of a card; as the card says, where that is no count."""
    return customs.whole(count) if isinstance(count, int) else str(count or "–")


def of_each_plane(training: Mapping[str, Any]) -> str:
    """How many scans of each plane it learnt from."""
    counts = training.get("per_plane", {}).items()
    return ", ".join(f"{label(plane)} {written_number(count)}" for plane, count in counts)


def start(training: Mapping[str, Any]) -> str:
    """What the training began with, where no other version was its parent."""
    settings = training.get("settings", {})
    return {
        "weights": _("the weights file {name}").format(name=settings.get("weights")),
        "imagenet": _("weights learnt on everyday photographs (ImageNet)"),
        "nothing": _("nothing"),
    }.get(training.get("started_from", ""), "–")


def measured(version: models.ModelView) -> None:
    """How the version did on patients it had not seen, where its card says so."""
    figures = version.card.get("metrics", {}).get("four fetal planes")
    if not figures:
        return
    found = Evaluation.from_json(figures)
    with st.container(width="content", gap="xxsmall"):
        st.metric(
            _("Right, four fetal planes"),
            tenths(found.accuracy.value),
            help=_(
                "Of {scans} of {patients} it had never seen, counted over brain, abdomen, femur "
                "and thorax when it was made. In brackets: where the figure would lie in 95 of 100 "
                "such groups of patients."
            ).format(
                scans=number(found.n, "scan", "scans"),
                patients=number(found.patients, "patient", "patients"),
            ),
        )
        st.caption(figure_words.brackets(found.accuracy))


def history() -> None:
    """Who promoted what, and when."""
    with st.expander(_("Promotions so far"), key="promotions"):
        st.dataframe(
            [
                {
                    _("When"): moment(promotion.at),
                    _("What"): _(_KINDS.get(promotion.kind, promotion.kind)),
                    _("Model"): promotion.model_name,
                    _("Who"): promotion.who,
                }
                for promotion in models.promotions(app_state.workbench())
            ],
            hide_index=True,
        )


_KINDS = {
    "shipped": mark("came with the program"),
    "promote": mark("promoted"),
    "rollback": mark("rolled back to"),
}
