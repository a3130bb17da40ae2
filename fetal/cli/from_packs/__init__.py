"""Commands on data sets that the program knows (`fetal.packs`)."""
