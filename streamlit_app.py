"""The app: registers the pages and asks for the person's name, nothing else."""

from pages.parts import router

router.run()
