"""Text as it looks, so that comparisons see what a reader sees (compare the skeletons of UTS #39).

Unicode decomposes compatibility forms itself (NFKD): full-width, mathematical and circled letters. The tables here are
short: invisible characters, boxed letters, and letters of other scripts that look Latin. Unicode's list of confusables
(UTS #39) has about 6,000, most for scripts and signs that are not legible as a Latin word; of Greek, Cyrillic, Armenian
and phonetic letters, these are the ones that a reader takes for Latin.
"""

import re
import unicodedata

from app.core.text.folding import folded

UNSEEN = re.compile(  # Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties), and marks around a letter
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u0488\u0489\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672]"
)
BLANK = "\N{BRAILLE PATTERN BLANK}"  # a symbol by its category, a space by its look
BOXED = {  # letters in boxes, and those of flags
    start + index: letter
    for start in (0x1F150, 0x1F170, 0x1F1E6)
    for index, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}
LIKE_LATIN = {
    # Cyrillic; Greek, where some capitals look like other Latin letters than their lower-case forms
    "авеѕіјкмнорстухԍԛԝүһӏѵԁьѡꙍгп": "abesijkmhopctyxgqwyhlvdbwwrn",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ": "abezhikmnoptyxcm",
    "αβεηικνορστυχϲωγϳ": "abenikvopotuxcwyj",
    # Armenian
    "աԱսնհոցօքյզԼՕՍՏ": "wuunhngofjqlous",
    # Latin without its dot, or with a stroke or hook; phonetic letters, small capitals
    "ıȷɑɐəɘɛɩɪʏʀʁɢʟɴʙʜɡłøđħŧɓƈɗƒɠɦƙɱɲɳɔɵƥʠʋʍʃʒʂʈʐꜰꜱ": "ijaaeeeiiyrrglnbhglodhtbcdfghkmnnoopqvwszstzfs",
    "ᴀᴃᴄᴅᴇᴊᴋᴌᴍᴎᴏᴘᴙᴛᴜᴠᴡᴢ": "abcdejklmnoprtuvwz",
}
TABLE = BOXED | {ord(one): like for many, likes in LIKE_LATIN.items() for one, like in zip(many, likes, strict=True)}


def strip_invisible(text: str) -> str:
    """Return a text without invisible characters."""
    return UNSEEN.sub("", text)


def has_visible(text: str) -> bool:
    """Return whether a reader sees anything of a text: not only spaces, fillers, joiners and variation selectors."""
    seen = strip_invisible(text).replace(BLANK, "")
    return any(unicodedata.category(character)[0] not in "ZC" for character in seen)


def skeleton(text: str) -> str:
    """Return the words of a text as they look: folded, look-alikes as Latin letters, with one space between them."""
    # Translated before folding, too, since capitals may look different.
    plain = unicodedata.normalize("NFKD", strip_invisible(text)).translate(TABLE)
    return " ".join(re.findall(r"[^\W_]+", folded(plain).translate(TABLE)))
