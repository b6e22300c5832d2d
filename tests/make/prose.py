"""What the scripts that write documentation share: texts made plain, and short."""

import re


def plain(text):
    """Text without Markdown, HTML, addresses and line breaks."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r":?\s*\(?https?://[^\s)]+\)?", "", text)
    text = re.sub(r"[;,]? for more details please check the doc", "", text)
    text = re.sub(r"(?<=[a-z]{2}\.)(?=[A-Z][a-z])", " ", text)
    text = re.sub(r"</?(?:a|b|br|code|dl|dd|dt|i|em|p|strong|sub|sup|tt|ul|li)\b[^>]*>", "", text)
    text = re.sub(r"[`$]|\*\*|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)", "", text)
    return re.sub(r"\s+", " ", text).strip()


def sentences(text, limit):
    """As many whole sentences from the start as fit into `limit` characters, and always the first."""
    kept = ""
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text):
        # What introduces a list or formula that is not kept says nothing by itself.
        if kept and (len(kept) + len(sentence) > limit or sentence.endswith(":")):
            break
        kept = f"{kept} {sentence}".strip()
    return kept if len(kept) <= 2 * limit else kept[:limit].rsplit(" ", 1)[0] + " …"
