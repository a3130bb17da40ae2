"""The app: its server with what every answer passes, and its pages; nothing else."""

import streamlit as st

# The server imports this file once; Streamlit then runs it for every page that is shown.
if __name__ == "__main__":
    from pages.parts.app import router

    router.run()
else:
    from pages.parts.app import api_route, guard, picture_route, start
    from pages.parts.gate import sign_in_page

    app = st.App(
        __file__,
        lifespan=start.get_ready,
        routes=[*sign_in_page.routes(), *picture_route.routes(), *api_route.routes()],
        middleware=guard.middleware(),
    )
