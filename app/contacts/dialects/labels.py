"""What the products call a kind of number or address -> our word for it."""

import re
from functools import lru_cache

from app.contacts.dialects.people import LONGEST_LABEL

_PLACES = {"business": "work", "office": "work", "company": "work", "private": "home", "personal": "home"}
_KNOWN = {
    "cell": "mobile",
    "cellular": "mobile",
    "iphone": "mobile",
    "mobile": "mobile",
    "work mobile": "work mobile",
    "work cell": "work mobile",
    "home fax": "home fax",
    "work fax": "work fax",
    "other fax": "other fax",
    "fax": "fax",
    "pager": "pager",
    "main": "main",
    "work main": "work main",
    "work": "work",
    "home": "home",
    "other": "other",
    "car": "car",
    "assistant": "assistant",
    "assistant's": "assistant",
    "whatsapp": "WhatsApp",
    "home page": "home page",
    "homepage": "home page",
    "profile": "profile",
    "blog": "blog",
}
_APPLE = re.compile(r"_\$!<(.*)>!\$_")


@lru_cache(maxsize=1_000)
def channel_label(raw: str) -> str:
    """A known label in lower case English ("Business Phone 2" -> "work"), an own one as the user wrote it."""
    apple = _APPLE.fullmatch(raw.strip())
    text = " ".join((apple.group(1) if apple else raw).split())
    bare = re.sub(r"\b(phone|e-?mail|address|number|\d)\b", "", text.casefold().replace("_", " "))
    words = [_PLACES.get(word, word) for word in bare.replace("’", "'").split()]
    if words[:1] == ["fax"]:
        words = [*words[1:], "fax"]
    known = " ".join(words)
    if not known:
        return ""
    return _KNOWN.get(known, text[:LONGEST_LABEL].strip())
