"""The API's client: what the pages do, from a program of your own.

Example:
    >>> from fetal.client import Client  # doctest: +SKIP
    >>> client = Client("http://127.0.0.1:8501", token="fetal_…")  # doctest: +SKIP
    >>> [result] = client.add_scans(["femur.png"], patient="4711")  # doctest: +SKIP
    >>> scan = client.scan(result.scan_id)  # doctest: +SKIP
    >>> scan.predicted, scan.doubt  # doctest: +SKIP
    (<Plane.FEMUR: 'femur'>, 'sure')
    >>> client.accept(scan)  # doctest: +SKIP
    Given(annotation_id=1, scan_id=1, replaced=None)

It needs requests and pydantic, and nothing that computes.
"""

from fetal.client.errors import ApiError, NotReachedError
from fetal.client.whole_client import Client

__all__ = ["ApiError", "Client", "NotReachedError"]
