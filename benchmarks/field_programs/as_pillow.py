"""Is a picture that Pillow has opened read as its file is?"""

import sys

from PIL import Image

import fetal

name, *mode = sys.argv[1:]
image = Image.open(name)
model = fetal.load_model()
file, opened = model.predict(name), model.predict(image.convert(mode[0]) if mode else image)
if file.scan.digest == opened.scan.digest:
    print("the same pixels")
print("the same plane" if file.plane == opened.plane else f"{file.plane} and {opened.plane}")
