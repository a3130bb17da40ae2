"""Who is at which browser, and what the program keeps for that browser.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""
