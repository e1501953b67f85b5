"""Further names of the styles in prompts, such as artists and techniques, in English and German.

They are published with a model, so that the site knows them. A name belongs to one style only. The longest name that
matches a prompt wins.
"""

from __future__ import annotations

ALSO: dict[str, tuple[str, ...]] = {
    "pop-art": ("pop-art", "popart", "warhol", "lichtenstein", "screen print", "screenprint", "silkscreen", "serigraph",
                "siebdruck", "pop art druck"),
    "cut-out": ("cut paper", "paper cut", "papercut", "cut out paper", "paper silhouette", "scherenschnitt",
                "papierschnitt", "matisse", "collage"),
    "risograph": ("riso", "riso print", "risografie", "risographie", "two colour print"),
    "stained-glass": ("stained glass window", "leaded glass", "church window", "glasfenster", "glasmalerei",
                      "kirchenfenster", "bleiglasfenster", "bleiglas", "buntglas", "tiffany glass"),
    "mosaic": ("mosaik", "mosaic tiles", "tesserae", "byzantine mosaic", "mosaikbild"),
    "cubist": ("cubism", "kubistisch", "kubismus", "picasso", "braque", "cubist painting"),
    "pointillist": ("pointillism", "pointillistisch", "pointillismus", "divisionism", "seurat", "signac",
                    "neo impressionist"),
    "woodcut": ("wood cut", "woodblock", "wood engraving", "ukiyo e", "holzschnitt", "holzstich", "hokusai", "dürer"),
    "poster": ("constructivist", "constructivism", "konstruktivistisch", "konstruktivismus", "bauhaus", "poster",
               "plakat", "bauhaus poster", "rodchenko", "rodtschenko", "lissitzky", "soviet poster",
               "konstruktivistisches plakat"),
    "planes": ("planes of primary color", "de stijl", "mondrian", "van doesburg", "neoplasticism", "neoplasticist",
               "flächen in grundfarben", "primary colours"),
    "squares": ("colored squares", "farbquadrate", "paul klee", "klee", "magic squares"),
    "linocut": ("lino cut", "linoprint", "lino print", "linoleum", "linolschnitt", "linoldruck", "block print"),
    "op-lines": ("op art", "op-art-linien", "optical art", "bridget riley", "riley", "op art linien"),
    "op-dots": ("op art punkte", "vasarely", "op art spheres"),
    "scratchboard": ("scratch board", "scraperboard", "scraper board", "schabkarton", "schabblatt", "kratzbild"),
    "etching": ("radierung", "etched", "engraving", "kupferstich", "drypoint", "aquatint", "kaltnadelradierung",
                "copperplate"),
    "textile": ("textile print", "printed fabric", "printed cloth", "textile", "stoffdruck", "textildruck", "marimekko",
                "william morris"),
    "batik": ("batik print", "wax print"),
    "tapestry": ("wandteppich", "bildteppich", "gobelin", "tapisserie", "woven", "gewebt", "quilt", "patchwork",
                 "anni albers", "embroidery"),
    "layered-paper": ("paper layers", "paper relief", "papierschichten", "papierrelief", "paper craft"),
    "oil": ("oil", "oils", "in oil", "oil paint", "öl", "ölgemälde", "ölfarben", "ölbild", "ölmalerei", "rembrandt",
            "vermeer", "old master", "cezanne"),
    "swirls": ("van gogh", "swirling", "brushstrokes", "expressionist", "expressionistisch"),
    "pastel": ("pastel", "pastell", "kreide", "kreidepastell", "chalk", "degas", "pastellkreide"),
    "charcoal": ("kohle", "kohlezeichnung", "charcoal drawing", "pencil", "bleistift", "bleistiftzeichnung",
                 "kollwitz"),
    "gouache": ("tempera", "deckfarben"),
    "watercolour": ("watercolor", "aquarell", "aquarelle", "wasserfarben", "turner"),
    "ink-wash": ("ink", "ink painting", "sumi e", "tusche", "tuschezeichnung", "tuschemalerei", "brush and ink"),
}  # fmt: skip
