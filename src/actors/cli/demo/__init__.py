"""``actors demo``: count a big heap of source files exactly, while the counters are being killed.

The pipeline, each box a process::

    the demo ── Crawl(files) ──► Foreman ── Tokenize(path) ──► Tokenizer 1 … N
        │                           │  ◄──────── Tally ────────
        │                           │
        └────── HowFar() ───────► Totals ◄── Tally, SetAside

Every half second the demo kills a tokenizer with SIGKILL, and one file makes its tokenizer segfault.
The foreman hears of each death as `ActorCrashed` and asks again. In the end the totals must equal those
of one process that counts the same files one after the other.
"""
