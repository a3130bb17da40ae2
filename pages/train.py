"""Train: what a retraining would learn from, how far it is, and the ones before."""

import streamlit as st

from fetal.planes import PLANES
from fetal.splits import Split
from fetal.workbench import Workbench
from fetal.workbench.core.permissions import Permission
from fetal.workbench.retraining import service
from pages.parts.app import app_state, beside, current_user, router
from pages.parts.shared.formatting import duration, label, number, plain
from pages.parts.texts import customs
from pages.parts.texts.catalogue import _, mark, ngettext
from pages.parts.texts.library_sentences import in_readers_language
from pages.parts.train import compare_runs, custom_settings, runs

_SPLITS = {
    Split.TRAIN: mark("To learn from"),
    Split.VALIDATION: mark("To check on while learning"),
    Split.TEST: mark("Locked away, to compare models"),
}

_USES = mark(
    "All scans of one patient go to one use, for ever. Those that are locked away never reach the "
    "training: they show how a model does on patients it has not seen."
)

_STARTS = {
    "champion": mark(
        "Starts from the champion and learns from {scans} in about {time}. You can close the page "
        "meanwhile."
    ),
    "imagenet": mark(
        "Starts from a network that knows everyday photographs (ImageNet; the computer that trains "
        "downloads it once) and learns from {scans} in about {time}. You can close the page "
        "meanwhile."
    ),
    "nothing": mark(
        "Starts from nothing and learns from {scans} in about {time}. You can close the page "
        "meanwhile."
    ),
}


def main() -> None:
    st.title(_("Train"))
    workbench = app_state.workbench()
    if beside.labels_are_read():
        retraining(workbench)
    ended = [run for run in service.runs(workbench) if not run.is_active]
    runs.ready(ended)
    compare_runs.show(ended)
    runs.past(ended)


def retraining(workbench: Workbench) -> None:
    """What a retraining would do, its button, and those that wait or work."""
    # What is chosen further down tells how long it takes, which stands above.
    figures = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    button = row.container(width="content")
    wanted = row.toggle(
        _("Other settings"),
        key="other",
        help=_("Train with settings that come with the program, or with a settings file."),
    )
    words = row.empty()
    choice = custom_settings.choose() if wanted else custom_settings.USUAL
    outlook = service.outlook(workbench, choice.settings)
    with figures:
        ahead(outlook)
    with button:
        start(outlook, choice)
    words.caption(in_words(outlook, choice))
    obstacles(outlook)
    runs.current([run.id for run in outlook.active])


def ahead(outlook: service.Outlook) -> None:
    """What a retraining would learn from."""
    scans, patients, new, time = st.columns(4)
    scans.metric(
        _("Labelled scans"),
        customs.whole(outlook.scans),
        border=True,
        help=_("Those to learn from: without those that are locked away to compare models."),
    )
    patients.metric(_("Their patients"), customs.whole(outlook.patients), border=True)
    new.metric(
        _("New labels"),
        customs.whole(outlook.new_since_champion),
        border=True,
        help=_("Labels given since the champion, the model that predicts now, was trained."),
    )
    time.metric(
        _("About, on {device}").format(device=plain(outlook.device)),
        duration(60 * outlook.minutes) if outlook.scans else "–",
        border=True,
        help=_("An estimate from this computer’s speed."),
    )
    with st.expander(_("Labels of each plane, and what they are used for"), key="splits"):
        st.dataframe(
            [
                {
                    _("Plane"): label(plane),
                    _("Labels"): outlook.labels.get(plane, 0),
                    **{
                        _(words): outlook.splits.get(split, {}).get(plane, 0)
                        for split, words in _SPLITS.items()
                    },
                }
                for plane in PLANES
            ],
            hide_index=True,
            column_config={
                _(words): st.column_config.NumberColumn(help=_(_USES)) for words in _SPLITS.values()
            },
        )


def start(outlook: service.Outlook, choice: custom_settings.Choice) -> None:
    """The button."""
    if not app_state.may_or_says_why(Permission.TRAIN):
        return
    st.button(
        _("Retrain") if choice == custom_settings.USUAL else _("Retrain with these settings"),
        key="retrain",
        type="primary",
        icon=":material/model_training:",
        disabled=not outlook.has_room or bool(outlook.reasons) or bool(choice.missing),
        help=_(
            "Trains a challenger: a new version that predicts for nobody until it has been "
            "compared with the champion and promoted on the Models page."
        ),
        on_click=app_state.ask,
        args=("training",),
    )
    if app_state.was_asked("training"):
        begin(choice)
    app_state.show_told("training")


def in_words(outlook: service.Outlook, choice: custom_settings.Choice) -> str:
    """What the button would do, or what has to come first."""
    if not outlook.has_room:
        return (
            _("A training is going on; only one runs at a time.")
            if outlook.places == 1
            else _("{count} trainings are going on, as many as there are devices for it.").format(
                count=outlook.places
            )
        )
    if outlook.reasons or choice.missing:
        return choice.missing
    return _(_STARTS[choice.settings.start]).format(
        scans=number(outlook.scans, "labelled scan", "labelled scans"),
        time=duration(60 * outlook.minutes),
    )


def obstacles(outlook: service.Outlook) -> None:
    """Why no training can start, would only wait, or learns from fewer scans."""
    for reason in outlook.reasons:
        st.info(plain(in_readers_language(reason)), icon=":material/info:")
    if outlook.held_back:
        held = ngettext(
            "{n} labelled scan is held back.",
            "{n} labelled scans are held back.",
            outlook.held_back,
        ).format(n=customs.whole(outlook.held_back))
        st.caption(
            f":material/difference: {held}",
            help=_(
                "Scans that are kept apart look like them, or show the same patient. Decide on "
                "such pairs under Look-alikes on the Dataset page."
            ),
        )
    if not outlook.workers and not outlook.reasons:
        st.warning(
            _(
                "No worker is there to train: a training would wait for one. The app started with "
                "“fetal serve” brings one; “fetal worker” starts one on another computer."
            ),
            icon=":material/hourglass_empty:",
        )


def begin(choice: custom_settings.Choice) -> None:
    """Start the training, or say what is missing after all."""
    try:
        service.start(app_state.workbench(), current_user.name(), choice.settings)
    except (
        service.TooLittleError,
        service.RestlessError,
        service.KeyRenewalGoesOnError,
    ) as error:
        app_state.tell("training", str(error))
    else:
        st.rerun()


router.page(main)
