"""Models: the champion and its challengers, compared; promote, roll back, download."""

import streamlit as st

from fetal.bundle import BundleError
from fetal.metrics import Verdict
from fetal.workbench import NoModelError
from fetal.workbench.core.permissions import Permission
from fetal.workbench.models import promotion, second_person
from pages.parts.app import app_state, beside, current_user, router
from pages.parts.models import comparison as comparing
from pages.parts.models import test_set, verdict_words, versions
from pages.parts.review import queue_choice
from pages.parts.shared.formatting import moment, plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language

_CHAMPION = mark("The champion is the version that predicts now, for everybody.")
_CHALLENGER = mark(
    "Another version than the champion, such as one you have just trained. It predicts for nobody "
    "until somebody promotes it."
)


def main() -> None:
    queue_choice.open_if_asked()
    st.title(_("Models"))
    workbench = app_state.workbench()
    known = promotion.versions(workbench)
    champion = next((version for version in known if version.is_champion), None)
    if champion is None:
        st.info(
            _("No model predicts yet. Set FETAL_MODEL to a model’s folder and start the app again.")
        )
        return
    challengers = [version for version in known if not version.is_champion]
    standing(champion)
    waiting_for_second(challengers)
    # The marks of the locked test set follow from all labels.
    labels_are_read = beside.labels_are_read()
    if challengers and labels_are_read:
        challenge(champion, challengers)
    elif not challengers:
        st.info(_("There is no challenger yet. Train one on your labels."))
        st.page_link("pages/train.py", label=_("Train"), icon=":material/model_training:")
    st.subheader(_("All versions"))
    if labels_are_read:
        test_set.every_version(known)
    for version in known:
        versions.one(version)
    versions.history()


def standing(champion: promotion.ModelView) -> None:
    """Who predicts now, and the way back."""
    history = promotion.promotions(app_state.workbench())
    with st.container(
        border=True, key="champion", horizontal=True, vertical_alignment="center", gap="large"
    ):
        with st.container(width="stretch"):
            st.markdown(f"### :material/trophy: {plain(champion.name)}")
            st.markdown(
                _("Champion since {when}").format(when=moment(champion.promoted_at)),
                help=_(_CHAMPION),
            )
        versions.measured(champion)
        may = app_state.may(Permission.PROMOTE)
        if (
            may
            and len(history) > 1
            and st.button(_("Roll back"), key="roll-back", icon=":material/history:")
        ):
            roll_back(champion)


def waiting_for_second(challengers: list[promotion.ModelView]) -> None:
    """Say which promotions a second person has to agree to."""
    names = {version.id: version.name for version in challengers}
    for asked in second_person.waiting(app_state.workbench()):
        if asked.model_id in names:
            st.info(
                _(
                    "{who} wants “{model}” to predict ({when}). Another person has to promote it "
                    "as well."
                ).format(
                    who=plain(asked.who), model=plain(names[asked.model_id]), when=moment(asked.at)
                ),
                icon=":material/group:",
            )


def challenge(champion: promotion.ModelView, challengers: list[promotion.ModelView]) -> None:
    """A challenger beside the champion, and its promotion."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        challenger = st.selectbox(
            _("Challenger"),
            challengers,
            format_func=lambda version: f"{version.name} ({moment(version.added_at)})",
            key="challenger",
            help=_(_CHALLENGER),
        )
        if app_state.may(Permission.PROMOTE) and st.button(
            _("Promote"), key="promote", type="primary", icon=":material/upgrade:"
        ):
            promote(champion, challenger)
    comparing.show(champion, challenger)


def promote(champion: promotion.ModelView, challenger: promotion.ModelView) -> None:
    """Ask once, then promote."""
    st.dialog(_("Promote this model?"))(ask_to_promote)(champion, challenger)


def ask_to_promote(champion: promotion.ModelView, challenger: promotion.ModelView) -> None:
    """What the window asks."""
    st.markdown(
        _(
            "“**{new}**” will predict for everybody, at once, in place of “{old}”. Labels stay as "
            "they are, and you can roll back at any time."
        ).format(new=plain(challenger.name), old=plain(champion.name))
    )
    comparison = comparing.found(champion, challenger)
    words = _("Promote") if gate(comparison, challenger) else _("Promote anyway")
    clicked = st.button(
        words,
        key="promote-yes",
        type="primary",
        on_click=keep_promotion,
        args=(champion.id, challenger.id, comparison),
    )
    if clicked and not app_state.show_told("promotion"):
        st.rerun()


def keep_promotion(
    champion_id: int, challenger_id: int, comparison: promotion.Comparison | None
) -> None:
    """Promote the challenger in the person's name."""
    workbench, who = app_state.workbench(), current_user.name()
    try:
        promotion.promote(workbench, challenger_id, who, comparison, instead_of=champion_id)
    except (BundleError, NoModelError, promotion.ChampionMovedError) as error:
        app_state.tell("promotion", str(error))


def gate(comparison: promotion.Comparison | None, challenger: promotion.ModelView) -> bool:
    """Report what is known of the challenger; whether it is shown to be better."""
    verdict = comparison.verdict if comparison is not None else None
    outcome = verdict_words.outcome(comparison, challenger) if comparison and verdict else ""
    with st.container(key="gate"):
        if comparison is None:
            st.warning(
                _(
                    "The comparison with the champion is not there yet, so nobody knows whether "
                    "this one is better. You can close this window and wait for it."
                )
            )
        elif verdict is None:
            st.warning(
                _("{reason} Nobody knows whether this one is better.").format(
                    reason=plain(in_readers_language(comparison.words))
                )
            )
        elif verdict.verdict is Verdict.BETTER:
            st.success(outcome)
        elif verdict.verdict is Verdict.NOT_WORSE:
            st.warning(_("Not shown to be better. {outcome}").format(outcome=outcome))
        elif verdict.certain:
            st.error(_("{outcome} Promote it only if you know why.").format(outcome=outcome))
        else:
            st.warning(_("Not shown to be harmless. {outcome}").format(outcome=outcome))
    return verdict is not None and verdict.verdict is Verdict.BETTER


def roll_back(champion: promotion.ModelView) -> None:
    """Ask once, then let the champion before predict again."""
    st.dialog(_("Roll back?"))(ask_to_roll_back)(champion)


def ask_to_roll_back(champion: promotion.ModelView) -> None:
    """What the window asks."""
    st.markdown(
        _(
            "The champion before “**{model}**” will predict for everybody again, at once. Nothing "
            "is lost: this version stays in the list."
        ).format(model=plain(champion.name))
    )
    clicked = st.button(
        _("Roll back"),
        key="roll-back-yes",
        type="primary",
        on_click=keep_roll_back,
        args=(champion.id,),
    )
    if clicked and not app_state.show_told("promotion"):
        st.rerun()


def keep_roll_back(champion_id: int) -> None:
    """Let the champion before predict again, in the person's name."""
    try:
        promotion.roll_back(app_state.workbench(), current_user.name(), champion_id)
    except (promotion.NothingToRollBackError, promotion.ChampionMovedError) as error:
        app_state.tell("promotion", str(error))


router.page(main)
