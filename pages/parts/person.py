"""Who is at the screen: asked once, kept in the session and in the address."""

import streamlit as st

PARAMETER = "who"


def name() -> str:
    """The name of the person; empty until it has been given."""
    given = st.session_state.get(PARAMETER) or st.query_params.get(PARAMETER, "")
    return " ".join(str(given).split())[:80]


def ask() -> None:
    """Ask for the name, unless it is known; the page waits until it has been given."""
    if known := name():
        remember(known)
        return
    with st.container(key="welcome", width=560):
        st.title("Fetal planes")
        st.write(
            "Drop ultrasound scans, see which plane the model recognises and where it looked, "
            "correct it, and train it on your corrections."
        )
        with st.form("who-are-you"):
            typed = st.text_input(
                "Your name",
                key="name",
                max_chars=80,
                autocomplete="name",
                help="It is kept with every label, training and promotion: who did what, when.",
            )
            entered = st.form_submit_button("Begin", type="primary", key="begin")
        if entered and not typed.strip():
            st.error("Please give a name, so that your labels can be told from others’.")
        elif entered:
            remember(" ".join(typed.split()))
            st.rerun()
    st.stop()


def remember(who: str) -> None:
    """Keep the name; in the address too, so that a reload does not ask again."""
    st.session_state[PARAMETER] = who
    st.query_params[PARAMETER] = who


def forget() -> None:
    """Let somebody else sit down."""
    st.session_state.pop(PARAMETER, None)
    st.query_params.pop(PARAMETER, None)
