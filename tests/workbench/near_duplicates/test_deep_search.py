import io

import cv2
from PIL import Image
from sqlalchemy import delete

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.progress import Progress
from fetal.store.tables import Lookalike
from fetal.workbench import Workbench
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.near_duplicates.decisions import list_pairs
from fetal.workbench.near_duplicates.deep_search import search_thoroughly

HALF = cv2.resize(simulate(Plane.BRAIN, 3).pixels, None, fx=0.5, fy=0.5)


def turned(degrees: int) -> UploadedFile:
    height, width = HALF.shape
    turning = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    packed = io.BytesIO()
    Image.fromarray(cv2.warpAffine(HALF, turning, (width, height))).save(packed, "PNG")
    return UploadedFile(f"turned {degrees}.png", packed.getvalue())


def test_a_turned_copy_is_found_and_only_once(workbench: Workbench) -> None:
    for degrees, patient in ((0, "4711"), (10, "4712")):
        add_scans(workbench, [turned(degrees)], who="Ann", patient=patient)
    with workbench.store.session() as session:
        session.execute(delete(Lookalike))
    reported: list[Progress] = []
    assert search_thoroughly(workbench, on_progress=reported.append) == 1
    assert reported[-1].done <= reported[-1].total
    [pair] = list_pairs(workbench)
    assert pair.across
    assert search_thoroughly(workbench) == 0
    assert search_thoroughly(workbench, stop=lambda: True) == 0
