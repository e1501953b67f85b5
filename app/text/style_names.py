"""Styles by the names that people give them, so that a prompt's style is taken for one and not for a thing.

The tables are patterns of folded words, as those of a grammar: umlauts are spelled out, hyphens are spaces.
"""

# ruff: noqa: E501 - a pattern is read more easily in one line
from __future__ import annotations

import re

ARTISTS = (
    "mondrian|van doesburg|warhol|lichtenstein|seurat|signac|vasarely|bridget riley|rodchenko|rodtschenko|el lissitzky|"
    "lissitzky|paul klee|matisse|picasso|braque|van gogh|monet|hokusai|duerer|albers|morandi|rembrandt|cezanne|turner|"
    "degas|kollwitz|william morris|marimekko"
)
"""By whom, after whom or like whom something may be painted; ``by`` and the like stand before these."""

FAMED = "mondrian|warhol|lichtenstein|seurat|vasarely|marimekko|van gogh|paul klee|bridget riley"
"""Those that name a style directly before a thing, or by themselves: no word of either language is called so."""

FIRST_NAMES = (
    "(?:andy |roy |piet |georges |paul |victor |alexander |henri |pablo |vincent |claude |anni |josef |edgar |kaethe )?"
)

ENGLISH_MEDIA = (
    "linoprint|lino ?print|lino ?cut|block print|wood engraving|scratch ?board|scraper ?board|batik|quilt|patchwork|"
    "gobelin|printed textile|textile print|layered paper|paper relief|cut ?paper|op art lines|op art dots|pop art print|"
    "drypoint|aquatint"
)
ENGLISH_STYLES = (
    "op art lines|op art dots|coloured squares|colored squares|planes of primary colou?r|layered paper|linoprint|"
    "lino ?print|scratch ?board|scraper ?board|batik|printed textile|textile print|cut ?paper|drypoint|aquatint|"
    f"constructivist poster|bauhaus poster|paper layers|riso|neoplasticism|neoplasticist|constructivism|divisionist|{FAMED}"
)
GERMAN_MEDIA = (
    "linoldruck|holzstich|kaltnadelradierung|schabkarton|schabblatt|kratzbild|scratchboard|batik|quilt|patchwork|"
    "wandteppich|bildteppich|gobelin|tapisserie|stoffdruck|textildruck|papierschnitt|papierschichten|papierrelief|"
    "risografie|kirchenfenster|bleiglasfenster|tuschemalerei|oelmalerei"
)
GERMAN_STYLES = (
    f"{GERMAN_MEDIA}|op art linien|op art punkte|farbquadrate|farbquadraten|flaechen in grundfarben|konstruktivistisch|"
    f"konstruktivismus|kubismus|pointillismus|pointilismus|de stijl|kreidepastell|risograph|siebdruck|{FAMED}"
)

_ALONE = (
    "pop art|op art|op art lines|op art dots|risograph|mosaic|cubist|cubism|pointillist|pointillism|woodcut|linocut|"
    "linoprint|lino cut|scratchboard|etching|batik|tapestry|quilt|layered paper|printed textile|coloured squares|"
    "planes of primary colour|constructivist poster|bauhaus poster|de stijl|oil painting|watercolour|watercolor|"
    "chalk pastel|ink wash|stained glass|swirling brushstrokes|paper cut out|bauhaus"
)
_GERMAN_ALONE = (
    "holzschnitt|linolschnitt|radierung|mosaik|glasfenster|scherenschnitt|papierschnitt|wandteppich|gobelin|stoffdruck|"
    "siebdruck|schabkarton|pop art|op art|op art linien|op art punkte|kubismus|pointillismus|aquarell|oelgemaelde|"
    "kohlezeichnung|tuschemalerei|farbquadrate|papierschichten|batik|quilt|de stijl|bauhaus"
)
_NO_THING = "(?!(?:of|on|in|at|by|over|under|with|and|or|for|is|,|hangs|lies) )"

ENGLISH_WHOLE = (
    re.compile(rf"(?<=^ )(?:in |as |like )?(?:an? )?(?:{_ALONE}|{_GERMAN_ALONE}|{FAMED})(?: style)?(?= $)"),
    re.compile(
        r"(?<= )(?:, )?(?:as |in )?(?:an? |the )?(?:constructivist|bauhaus|swiss|soviet) (?:style )?posters?(?: style)?(?: of)?(?= )"
    ),
)
"""What is a style even where a drawing is called by one of its words."""

GERMAN_WHOLE = (
    re.compile(rf"(?<=^ )(?:in |als |wie )?(?:eine? )?(?:{_GERMAN_ALONE}|{FAMED})(?= $)"),
    re.compile(
        r"(?<= )(?:, )?(?:als )?(?:ein )?(?:plakat|poster) (?:im|in) (?:\w+ ){0,2}?(?:bauhaus|konstruktivistischen|konstruktivismus)(?: stile?)?(?: (?:von|mit)(?: einer| einem| der| dem| des| eines)?)?(?= )"
    ),
    re.compile(r"(?<= )(?:, )?(?:als )?(?:ein )?(?:konstruktivistisches |bauhaus )(?:plakat|poster)(?= )"),
)

ENGLISH_HANDS = (
    re.compile(rf"(?<=^ )(?:an? |the )?(?:{ENGLISH_MEDIA}|tapestry|mosaic|woodcut|etching) with(?= )"),
    re.compile(
        rf"(?<= )(?:, )?(?:painted |drawn |made |in the style )?(?:by|a la|after|like|in the manner of) (?:an? )?{FIRST_NAMES}(?:{ARTISTS})(?= )"
    ),
    re.compile(
        r"(?<= )(?:, )?on (?:scratch ?board|scraper ?board|printed textile|printed cloth|batik|lino(?:leum)?|layered paper)(?= )"
    ),
    re.compile(
        rf"(?<= )(?:, )?(?:as an?|as|in|made of|out of) (?:(?!(?:an?|the|his|her|its|my) )\w+ )?(?:{ENGLISH_STYLES}|quilt|patchwork|gobelin)(?: style| technique| print)?(?= (?:,|$|and |with ))"
    ),
    re.compile(rf"(?<= )(?:{ENGLISH_STYLES})(?: style)? (?={_NO_THING}[a-z])"),
)
GERMAN_HANDS = (
    re.compile(
        rf"(?<= )(?:, )?(?:von|nach|wie|a la|im stil von) {FIRST_NAMES}(?:{ARTISTS})(?= (?:,|$|mit |und |in |auf |im ))"
    ),
    re.compile(r"(?<= )(?:, )?im (?:(?!von )\w+ ){1,2}?stile?(?= (?:,|$|mit |und |in |auf ))"),
    re.compile(r"(?<= )(?:, )?(?:auf|in) (?:schabkarton|batik|stoffdruck|linoleum|farbquadraten|papierschichten)(?= )"),
    re.compile(rf"(?<= )(?:{GERMAN_STYLES}) (?=(?!(?:an|auf|aus|in|im|mit|und|von|ueber|unter|der|des|,) )[a-z])"),
)
