"""What somebody could write as a name or a note so that a reader's browser fetches or draws it."""

ELSEWHERE = "http://198.51.100.7"
"""An address of the block that is kept for documentation (RFC 5737): nobody answers there."""

MARK = "Zq7"
"""Stands in every text, so that what becomes of it can be found."""

TEXTS = (
    f"![{MARK}]({ELSEWHERE}/a.png)",
    f"[{MARK}]({ELSEWHERE}/b)",
    f"<img src='{ELSEWHERE}/c.png' alt={MARK}>",
    f"<script>fetch('{ELSEWHERE}/d')</script>{MARK}",
    f"{MARK} {ELSEWHERE}/e www.example.org me@example.org",
    f"{MARK} :red[a] :orange-badge[b] :material/home: :smile: -> <- --",
    f"{MARK} $x^2$ **b** _i_ `c` ~~d~~ $$y$$",
    f"# {MARK}",
    f"- {MARK}",
    f"1. {MARK}",
    f"> {MARK}",
    f"| {MARK} | b |\n|---|---|\n| c | d |",
    f"{MARK}</div><style>@import '{ELSEWHERE}/f.css'</style>",
    f"<a href='javascript:alert(1)'>{MARK}</a><b>x</b><br>",
    f"&lt;img src={ELSEWHERE}/g.png&gt; &#33;[{MARK}]({ELSEWHERE}/h.png)",
    f"\\![{MARK}]({ELSEWHERE}/i.png) \\\\[x]({ELSEWHERE}/j)",
)

ALL = " ".join(TEXTS)
"""All of them in one text, for a field that takes a long one."""

NAME = f"{MARK} ![p]({ELSEWHERE}/n.png) <img src={ELSEWHERE}/m.png> **b**"
"""One of at most 80 characters, for a field that takes a name."""
