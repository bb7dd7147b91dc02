"""The table of rules by which secrets are found in texts.

A rule is looked for only where one of its `hints` stands in the lower-case text, and the hints only where one of the
`marks` does, as a single character is found fastest: nearly every text has none of them. All rules keep what says that
something was there, and change nothing when they come over their own result again. Each is looked for in the text as it
came, so that none takes the name by which another knows its secret.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

CUT: Final = "[redacted]"


class Rule(NamedTuple):
    """A kind of secret; the group `keep` of its pattern, where there is one, stays."""

    marks: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Return where in `text` secrets of this kind begin and end."""
        keeps = "keep" in self.pattern.groupindex
        return ((match.end("keep") if keeps else match.start(), match.end()) for match in self.pattern.finditer(text))


def _rule(marks: str, hints: str, pattern: str) -> Rule:
    return Rule(marks, tuple(hints.split()), re.compile(pattern, re.IGNORECASE))


# As in a connection string, a keyword argument, a query or JSON; not in prose, where words follow the colon.
_ASSIGNED: Final = r"(?:\\?[\"'])?(?:\s?=\s?(?:\\?[\"'])?|:\s?\\?[\"'])"
_NAMES: Final = (
    r"passw(?:or)?d|pass_?phrase|secret(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|signature|session[_-]?id"
)
# A value ends where another secret is named: matches of one rule do not overlap, and that one is the next.
_NO_NAME: Final = rf"(?!(?:{_NAMES}){_ASSIGNED}|authorization\s?[:=]|cookie:)"
_VALUE: Final = rf"(?:{_NO_NAME}[^\s\"'\\,;&)])+"

# No word boundary in front: in a rendered line the letter of an escape (`\n`) may come right before.
RULES: Final = (
    _rule("", "bearer basic", r"(?P<keep>(?:bearer|basic)(?:[ +]|\\t|%20){1,4})[A-Za-z0-9._~+/=\-]{6,}"),
    # Keys that say by their form whose they are.
    _rule("", "akia asia", r"(?P<keep>A[KS]IA)[A-Z0-9]{16}"),
    _rule("", "aiza", r"(?P<keep>AIza)[A-Za-z0-9_\-]{30,}"),
    # Our own. Twelve characters and more: shorter ones are the readable prefixes by which a key may be named.
    _rule("_", "pv_", r"(?P<keep>pv_)[A-Za-z0-9_\-]{12,}"),
    _rule("_", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?P<keep>gh[pousr]_)[A-Za-z0-9]{20,}"),
    _rule("_", "_pat_", r"(?P<keep>github_pat_)[A-Za-z0-9_]{20,}"),
    _rule("_", "sk_live_ sk_test_ rk_live_ rk_test_", r"(?P<keep>[rs]k_(?:live|test)_)[A-Za-z0-9_\-]{16,}"),
    _rule("_", "hf_ rpa_", r"(?P<keep>hf_|rpa_)[A-Za-z0-9]{20,}"),
    _rule("-", "sk-", r"(?P<keep>\bsk-)[A-Za-z0-9_\-]{16,}"),
    _rule("-", "glpat-", r"(?P<keep>glpat-)[A-Za-z0-9_\-]{15,}"),
    _rule("-", "xox", r"(?P<keep>xox[a-z]-)[A-Za-z0-9\-]{10,}"),
    _rule("-", "private key-", r"(?P<keep>-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)(?:[A-Za-z0-9+/=\s\-:,]|\\[nr])+"),
    _rule(".", "eyj", r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"),
    _rule("/", "://", r"(?P<keep>://[^\s/@:\"'\\]*:)[^\s/@\"'\\]+(?=@)"),
    _rule("/", "hooks.slack", r"(?P<keep>hooks\.slack\.com/services/)[A-Za-z0-9/]+"),
    _rule("/", "api/webhooks", r"(?P<keep>api/webhooks/)[A-Za-z0-9_\-/]+"),
    _rule(":=", "bot", r"(?P<keep>bot)\d{6,}:[A-Za-z0-9_\-]{20,}"),
    _rule(":=", "passw phrase pass_ph secret token key creden signat session", rf"(?P<keep>(?:{_NAMES}){_ASSIGNED}){_VALUE}"),
    _rule(":=", "authorization", rf"(?P<keep>authorization\s?[:=]\s?(?:[a-z]{{2,12}} )?){_VALUE}"),
    _rule(":=", "cookie", r"(?P<keep>cookie:\s?)[^\r\n\"'\\]+"),
)  # fmt: skip

#: For a text that may have been cut off at its limit, before the @ by which a password in a URL is known.
CUT_OFF: Final = _rule("/", "://", r"(?P<keep>://[^\s/@:\"'\\]*:)(?!\d{1,5}\Z)[^\s/@\"'\\]+\Z")
