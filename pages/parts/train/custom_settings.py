"""Other settings for a training: a preset or a file, put in words before anything starts."""

from dataclasses import dataclass

import streamlit as st

from fetal.training.settings import PRESETS, SettingsError, TrainingSettings
from fetal.workbench.retraining import compare_runs, custom_settings
from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.library_sentences import in_readers_language
from pages.parts.train.setting_rows import differences, rows_of
from pages.parts.train.settings_words import PRESET_WORDS, SHAPE, words

_WAYS = {"preset": mark("Settings that come with the program"), "file": mark("A settings file")}
_FILE = mark(
    "YAML or JSON. It names a recipe and what is to be otherwise, such as `preset: default` and, "
    "on the next line, `stages.epochs: 12`. A training started here can start from the champion, "
    "from ImageNet or from nothing, never from a weights file on the server’s disk."
)


@dataclass(frozen=True)
class Choice:
    """What a training would be run with.

    Attributes:
        settings: the settings.
        missing: what has to be done before it can start; empty where it can.
    """

    settings: TrainingSettings
    missing: str = ""


USUAL = Choice(PRESETS["default"])


def choose() -> Choice:
    """Let a person choose other settings, and show how they differ from the usual ones."""
    with st.container(border=True, key="other-settings"):
        way = st.radio(
            _("Where from"),
            list(_WAYS),
            format_func=lambda way: _(_WAYS[way]),
            horizontal=True,
            key="way",
        )
        choice = _preset() if way == "preset" else _file()
        if not choice.missing:
            _in_words(choice.settings)
        return choice


def _preset() -> Choice:
    known = custom_settings.presets()
    name = st.selectbox(
        _("Settings"),
        list(known),
        format_func=lambda name: (
            f"{name}: {_(PRESET_WORDS[name])}" if name in PRESET_WORDS else name
        ),
        key="preset",
    )
    return Choice(known[name])


def _file() -> Choice:
    file = st.file_uploader(
        _("Settings file"),
        type=["yaml", "yml", "json"],
        max_upload_size=1,
        key="settings-file",
        help=_(_FILE),
    )
    if file is None:
        return Choice(USUAL.settings, _("Choose a settings file first."))
    try:
        return Choice(custom_settings.from_upload(file.getvalue()))
    except SettingsError as error:
        st.error(plain(in_readers_language(error)))
        return Choice(USUAL.settings, _("Choose a settings file that can be read first."))


def _in_words(settings: TrainingSettings) -> None:
    different = compare_runs.differing([USUAL.settings.to_json(), settings.to_json()])
    if different:
        differences(rows_of(different), _("Usual"), _("These"))
        ignored = [words(name).title.lower() for name in SHAPE if name in different]
        if settings.start == "champion" and ignored:
            st.caption(
                _(
                    "Without effect here, because what starts from the champion keeps its shape: "
                    "{settings}."
                ).format(settings=plain(", ".join(ignored)))
            )
    else:
        st.caption(_("These are the usual settings."))
    st.download_button(
        _("These settings as a file"),
        custom_settings.to_file(settings),
        file_name="settings.yaml",
        mime="application/yaml",
        icon=":material/download:",
        type="tertiary",
        help=_(
            "All of them, to be changed in a text editor and uploaded here, or given to "
            "“fetal train --settings”."
        ),
        key="settings-download",
    )
