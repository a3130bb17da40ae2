"""`python -m fetal.cli` is `fetal`."""

from fetal.cli import main

main(prog_name="fetal")
