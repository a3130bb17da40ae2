"""The part of the screen that the ultrasound fills, and text burned into the scan.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""
