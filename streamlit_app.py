"""The app: its server with what every answer passes, and its pages; nothing else."""

import streamlit as st

# The server imports this file once; Streamlit then runs it for every page that is shown.
if __name__ == "__main__":
    from pages.parts.app import router

    router.run()
else:
    from pages.parts.app import guard, start
    from pages.parts.gate import sign_in_page
    from pages.parts.routes import api_route, download_route, picture_route

    app = st.App(
        __file__,
        lifespan=start.get_ready,
        routes=[
            *sign_in_page.routes(),
            *picture_route.routes(),
            *download_route.routes(),
            *api_route.routes(),
        ],
        middleware=guard.middleware(),
    )
