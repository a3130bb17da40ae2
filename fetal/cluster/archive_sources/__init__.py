"""Where an archive's files come from: a folder, a bucket, a DICOMweb server."""
