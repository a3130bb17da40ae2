import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from fetal.cli import main

ROOT = Path(__file__).parents[2]


def test_help_is_there_for_every_command_and_is_quick_to_load() -> None:
    names = [
        "serve",
        "worker",
        "predict",
        "predict-archive",
        "demo",
        "import",
        "export",
        "train",
        "evaluate",
        "experiment",
        "frames",
        "models",
        "key",
        "forget",
        "duplicates",
        "check",
        "label-quality",
        "label-next",
        "rebuild-state",
        "settings",
        "user",
        "audit",
        "batches",
    ]
    assert set(main.commands) == set(names)
    for name in names:
        answer = CliRunner().invoke(main, [name, "--help"])
        assert answer.exit_code == 0
        assert len(answer.output.splitlines()) > 4
    heavy = {"tensorflow", "keras", "openvino", "streamlit", "pandas", "sqlalchemy", "cv2", "numpy"}
    program = f"import sys, fetal.cli; print({heavy!r} & {{*sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert loaded.stdout.strip() == "set()"
