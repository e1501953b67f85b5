"""Words as they look on a wall, whatever they are written with: so that what is compared is what is seen.

Compatibility forms (full width, mathematical, circled letters) are Unicode's own to take apart (NFKD). What is here
besides is short: characters that show nothing, letters in boxes, and letters of other scripts that look like Latin
ones. Unicode's list of confusables (UTS #39) has some six thousand, most for scripts and signs in which nobody could
read a Latin word; of Greek, Cyrillic, Armenian and phonetic letters these are what a reader takes for Latin.
"""

from __future__ import annotations

import re
import unicodedata

from app.text.folding import folded

UNSEEN = re.compile(  # Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties), and marks around a letter
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u0488\u0489\u1abe\u20dd-\u20e0\u20e2-\u20e4\ua670-\ua672]"
)
BOXED = {  # letters in boxes, and those of flags
    start + place: letter
    for start in (0x1F150, 0x1F170, 0x1F1E6)
    for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}
LIKE_LATIN = {
    # Cyrillic; Greek, some of whose capitals look like other letters than their small forms do
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
    """Write a text without the characters that show nothing."""
    return UNSEEN.sub("", text)


def skeleton(text: str) -> str:
    """Write the words of a text as they are read at a glance: folded, look-alikes as Latin, one space between them."""
    plain = unicodedata.normalize("NFKD", strip_invisible(text)).translate(
        TABLE
    )  # capitals first, where they look otherwise
    return " ".join(re.findall(r"[^\W_]+", folded(plain).translate(TABLE)))
