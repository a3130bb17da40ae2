"""The tables of batch jobs: long work on very many files or scans."""
