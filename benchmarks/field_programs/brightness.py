"""Is the picture that is kept of a DICOM file as bright as the scan that it was made of?"""

import sys
from pathlib import Path

import numpy as np
import pydicom

from fetal.scans import ScanError, read_scan

path = Path(sys.argv[1])
dataset = pydicom.dcmread(path)
stored = int(dataset.BitsStored)
shift = int(dataset.HighBit) + 1 - stored
# pydicom masks the lower bits of native samples by itself, wherever the picture's bits are.
samples = (
    dataset.pixel_array
    if dataset.file_meta.TransferSyntaxUID.is_compressed
    else np.frombuffer(dataset.PixelData, np.uint16).reshape(dataset.Rows, dataset.Columns)
)
truth = (samples.astype(np.uint32) >> shift) & (2**stored - 1)
try:
    pixels = read_scan(path.read_bytes(), path.name).pixels
except ScanError as error:
    print(f"refused: {error}")
else:
    kept = pixels > 0
    apart = float(np.abs(pixels[kept].astype(float) - truth[kept] / (2**stored - 1) * 255).mean())
    print("as bright as the scan" if apart < 2 else f"{apart:.1f} grey levels apart")
