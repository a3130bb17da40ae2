"""What the pages give the browser to draw."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def viewers(app: AppTest) -> list[dict[str, Any]]:
    """Return the data of each viewer of scans on the page, in their order."""
    return [
        json.loads(one.proto.json)[0]
        for one in app.get("bidi_component")
        if one.proto.component_name in ("fetal_scan_viewer", "fetal_review_stage")
    ]
