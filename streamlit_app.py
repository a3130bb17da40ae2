"""The app's router: registers the pages and asks for the person's name, nothing else."""

import streamlit as st

from pages.parts import desk, footer, look, person

st.set_page_config(page_title="Fetal planes", page_icon=look.ICON, layout="wide")
look.apply()
desk.warm_up()

page = st.navigation(
    [
        st.Page(
            "pages/scans.py", title="Scans", icon=":material/add_photo_alternate:", default=True
        ),
        st.Page("pages/review.py", title="Review", icon=":material/fact_check:"),
        st.Page("pages/dataset.py", title="Dataset", icon=":material/grid_view:"),
        st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/models.py", title="Models", icon=":material/compare_arrows:"),
    ],
    position="top",
)
body = st.container()
with st.container():
    footer.show()
with body:
    person.ask()
    page.run()
