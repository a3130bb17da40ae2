import gc
import subprocess
import sys

from pages.parts.app import start

NOT_NEEDED = {"pandas", "pyarrow", "scipy", "pydicom", "alembic", "keras", "tensorflow", "sklearn"}


def test_the_first_page_waits_for_no_library_that_it_does_not_show() -> None:
    program = (
        "import sys\n"
        "from pages.parts.app import router\n"
        "from pages.parts.scans import cines, quarantine, upload_results\n"
        "from pages.parts.shared.component_data import without_tables\n"
        "from streamlit.components.v2.bidi_component.serialization import serialize_mixed_data\n"
        "from streamlit.proto.BidiComponent_pb2 import BidiComponent\n"
        "serialize_mixed_data(without_tables({'ahead': [], 'heat': {}}), BidiComponent())\n"
        f"print(sorted({NOT_NEEDED!r} & {{*sys.modules}}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]", loaded.stderr


def test_the_start_leaves_python_as_it_was() -> None:
    before = sys.getswitchinterval()
    with start._quick_turns(), start._uncollected():
        assert sys.getswitchinterval() < before
        assert not gc.isenabled()
    assert sys.getswitchinterval() == before
    assert gc.isenabled()
