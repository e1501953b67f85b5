"""How German says number, colour, place, time, manner, and what is not wanted; umlauts are spelled out."""

# ruff: noqa: E501 - a pattern is read more easily in one line
from __future__ import annotations

import re

from app.reading.grammar import ELEMENTS, SEASONS, Grammar, Negation, alternatives, hints, listed, numbered, patterns
from app.text import style_names

ENDING = "(?:e|er|es|en|em)?"
STEMS = {
    "red": "rot dunkelrot hellrot purpurrot feuerrot blutrot weinrot rubinrot knallrot scharlachrot",
    "orange": "orange orangefarben orangen", "yellow": "gelb gold golden goldgelb zitronengelb blond dunkelgelb hellgelb ocker",
    "green": "gruen dunkelgruen hellgruen smaragdgruen grasgruen olivgruen oliv mintgruen moosgruen",
    "blue": "blau dunkelblau hellblau himmelblau marineblau koenigsblau nachtblau kobaltblau eisblau tiefblau",
    "purple": "lila violett purpurn purpur flieder lavendel dunkelviolett fliederfarben",
    "pink": "rosa pink rosarot rosafarben pinkfarben altrosa", "brown": "braun dunkelbraun hellbraun beige kastanienbraun bronze bronzefarben",
    "black": "schwarz pechschwarz tiefschwarz kohlschwarz", "white": "weiss schneeweiss elfenbeinfarben cremeweiss",
    "grey": "grau dunkelgrau hellgrau silbern silber silbergrau", "turquoise": "tuerkis tuerkisfarben tuerkisblau petrol",
}  # fmt: skip
COLOURS = {
    stem + ending: colour
    for colour, stems in STEMS.items()
    for stem in stems.split()
    for ending in ("", "e", "er", "es", "en", "em")
} | {"lilane": "purple", "lilanen": "purple", "lilaner": "purple"}
COLOUR = alternatives(COLOURS)
NUMBERS = numbered(
    "eins zwei drei vier fuenf sechs sieben acht neun zehn "
    "elf zwoelf dreizehn vierzehn fuenfzehn sechzehn siebzehn achtzehn neunzehn zwanzig"
) | {"zwo": 2, "beide": 2, "mehrere": 3, "einige": 3, "viele": 6, "hundert": 24, "tausend": 24, "dreissig": 24}  # fmt: skip
ARTICLES = listed(
    "ein eine einer eines einen einem der die das den dem des mein meine meinen meinem dein deine sein seine seinen "
    "seinem ihr ihre ihren ihrem unser unsere dieser diese dieses jeder jede jedes irgendein irgendeine"
)
DET = rf"(?:{alternatives(ARTICLES)} )?"
ADJECTIVES = r"(?:[a-z]+(?:en|em|er|e|es) ){0,2}?"


def _place(prepositions: str, nouns: str) -> str:
    return rf"(?:{prepositions}) {DET}{ADJECTIVES}(?:{nouns})"


IN = "in|im|ins|durch|mitten im|mitten in|inmitten|aus"
AM = "an|am|ans|auf|aufs|bei|beim|neben|nahe|vor|ueber|ueberm|vom"
SMALL = listed(
    "der die das den dem des ein eine einer eines einen einem und oder mit von vom zu zum zur in im ins an am ans auf aufs "
    "aus bei beim bis durch fuer gegen nach ohne um unter ueber vor hinter neben zwischen waehrend wegen trotz als wie "
    "ist sind war waren wird werden sein hat haben hatte es er sie ich du wir ihr man mich dich sich mir dir ihm ihn "
    "nicht kein keine auch nur noch schon sehr ganz so zu da dort hier wo was wer welche welcher welches dass wenn weil "
    "aber doch sondern bitte zeichne male zeige mal etwas einige alle jede jeder jedes dieser diese dieses mein meine "
    "nichts entweder gross grosse grosser grosses grossen klein kleine kleiner kleines kleinen schoen schoene schoener schoenes schoenen "
    "alt alte alter altes alten neu neue neuer neues neuen einem sitzt steht liegt sitzend stehend liegend oben unten links rechts lieber gern gerne statt"
)
MEDIA = (
    "aquarell|oelgemaelde|gemaelde|bild|zeichnung|bleistiftzeichnung|kohlezeichnung|tuschezeichnung|skizze|holzschnitt|"
    "linolschnitt|radierung|druck|siebdruck|plakat|poster|foto|fotografie|mosaik|collage|pastell|illustration|stillleben|"
    "portraet|portrait|kupferstich|stich|lithografie|lithographie|scherenschnitt|glasfenster|glasmalerei|wandbild|fresko|"
    "comic|cyanotypie|kinderzeichnung|malerei|oelbild|tusche|studie|nahaufnahme|ansicht|cartoon|karikatur|ikone|"
    + style_names.GERMAN_MEDIA
)
STYLES = (
    f"{MEDIA}|oel|oelfarben|wasserfarben|kreide|kohle|bleistift|buntstift|neon|pop art|op art|low poly|kubistisch|"
    "impressionistisch|expressionistisch|minimalistisch|surrealistisch|abstrakt|jugendstil|barock|art deco|pixel art|"
    "pixelkunst|bauhaus|pointillistisch|ukiyo e|retro|vintage|scherenschnitt|papierschnitt|" + style_names.GERMAN_STYLES
)
GERMAN_NEGATION = Negation(
    begins=re.compile(
        r"(?<= )(?:, )?(?:(?:aber|und|doch|bitte|bloss|nur|ganz|ja|alles|alle|jeder|irgendwas) )*"
        r"(?:(?:in )?(?:jeder|allen|irgendeiner) farben? (?:ausser|aber nicht|nur nicht|bis auf)|ohne|kein(?:e|er|es|en|em|s)?|nicht|(?:an)?statt(?: von)?|anstelle(?: von)?|weder|niemals|nie|ausser|ausgenommen|nichts mit|auf keinen fall|"
        r"verzichte auf|lass weg|frei von|minus|(?P<kept>(?:lieber|eher)(?: (?!als )\w+){1,5}) als|(?:ich )?hasse|(?:ich )?mag keinen?|allergisch gegen|abgesehen von|bis auf|mit ausnahme von|fern von|(?:zeichne|male|zeige|nimm) (?:mir )?(?:bitte )?(?:nie|niemals|nicht|kein(?:e|en)?)|(?P<nobody>niemand(?:e[nm])?))(?= )"
    ),
    behind=re.compile(
        rf"(?<= )(?:(?:aber|und|nur|bloss) )?(?P<said>{DET}(?:\w+ ){{1,2}}?)"
        r"(?:(?:ist|sind|bitte|darf|duerfen|soll|sollen|muss|muessen) )?"
        r"(?:nicht (?:erlaubt|erwuenscht|gewuenscht|gewollt|dabei|noetig|drauf)|unerwuenscht|verboten|ausgeschlossen|tabu|weglassen|fehlen|fehlt|"
        r"nicht (?:dabei |drauf |zu sehen )?(?:sein|vorkommen))(?= (?:[,.;!)]|$|und|aber))"
    ),
    people="menschen",
    spelled=listed("ausser anstatt anstelle niemand"),
    affirms=re.compile(
        r"(?<= )(?:nichts (?:als|ausser|anderes als|weniger als|geringeres als)|niemand (?:als|ausser|anderes als|anderer als)|nicht (?:nur|bloss|allein|einfach|zuletzt|(?:weniger|mehr) als)|"
        r"(?:nicht|nie|niemals) ohne|ohne (?:jede[nr]? )?(?:zweifel|frage|weiteres|ausnahme)|kein(?:e|en)? (?:zweifel|frage|wunder|problem)|(?:kein|keine|keinen) (?:geringerer|anderer|andere|anderes) als|"
        r"(?:warum|wieso|weshalb|oder|ob) nicht|nicht zu vergessen|vergiss nicht|nicht vergessen|nicht (?:so|sehr|zu|allzu|besonders|gerade|wirklich) \w+|"
        r"(?:nicht|nie|niemals|niemand)(?P<kept>(?: (?!(?:und|oder|aber|sondern|noch) )\w+){1,5}) ohne)(?= )"
    ),
    turns=listed("aber sondern nur dafuer bitte sitzt steht lieber doch jedoch stattdessen male zeichne zeige"),
    places=listed("auf im in am an unter ueber vor bei beim neben mit hinter"),
    pronouns=listed("ihm ihr ihnen"),
    adding=listed("und"),
    choosing=listed("oder noch"),
    fillers=listed("irgendein irgendeine irgendwelche einzige einzigen einziger einziges mehr jegliche jeglichen"),
    actions=("t", "end", "ig", "lich"),
    lacking=re.compile(r"(\w{3,}?)(?:los|frei|leer)(?:e|er|es|en|em)?"),
    free=listed("frei freie freier freies freien los lose"),
    pro=frozenset(),
    bare=listed("leer leere leerer leeres leeren verlassene verlassener verlassenes"),
    subgroups=hints(
        ("mensch menschen leute person personen niemand", "person hand body family"), ("tier tiere tieren", "animal"),
        ("vogel voegel voegeln", "animal-bird"), ("insekt insekten", "animal-bug"), ("blume blumen", "plant-flower"),
        ("pflanze pflanzen", "plant"), ("obst frucht fruechte fruechten", "food-fruit"), ("gemuese", "food-vegetable"),
        ("essen", "food"), ("getraenk getraenke", "drink"), ("fahrzeug fahrzeuge", "transport"), ("verkehr", "transport-ground"),
        ("gebaeude haeuser", "place-building"), ("gesicht gesichter", "face cat-face monkey-face"), ("kleidung", "clothing"),
        ("instrument instrumente", "musical-instrument"), ("werkzeug werkzeuge", "tool"), ("moebel", "household"),
    ),
)  # fmt: skip
GERMAN = Grammar(
    language="de",
    small=SMALL,
    articles=ARTICLES,
    vague=listed(
        "ding dinge etwas jemand tier tiere fahrzeug geraet gegenstand wesen instrument werkzeug ort person leute menschen "
        "mensch essen getraenk pflanze frucht obst gemuese insekt saeugetier fisch es er sie sache stoff moebel"
    ),
    classes=listed("vogel fisch blume baum lastwagen boot schiff kiste tasche spielzeug hut schuh katze hund ball"),
    wholes={"jahreszeiten": SEASONS, "elemente": ELEMENTS},
    kinds=hints(
        ("tier tiere wesen raubtier haustier", "animal"), ("vogel voegel", "animal-bird"), ("insekt", "animal-bug"),
        ("frucht obst beere", "food-fruit"), ("gemuese", "food-vegetable"), ("fahrzeug faehrt", "transport"),
        ("instrument musikinstrument spielt", "musical-instrument"), ("werkzeug", "tool"), ("mensch person jemand mann frau wer", "person"),
        ("gebaeude ort wo", "place"), ("pflanze blume baum", "plant"), ("getraenk trinkt", "drink"),
        ("essen isst speise gericht gebaeck suess", "food"), ("kleidung traegt kleidungsstueck", "clothing"), ("moebel moebelstueck", "household"),
    ),
    measures=listed("schale schuessel teller scheibe stueck tasse glas becher portion flasche"),
    features=("aeugig", "aeugige", "aeugiger", "aeugiges", "haarig", "haarige", "haariger"),
    doers=listed("man wer"),
    openers=listed("es er sie was wo wer womit"),
    clauses=listed("das die der dem den womit worin wenn wo was man wer welches welche welcher mit"),
    breaks=listed("und oder mit plus trifft samt sowie"),
    numbers=NUMBERS,
    amounts=patterns(
        (r"(?:ein |zwei )?paar", "2"), (r"ein halbes dutzend", "6"), (r"(?:ein |das )?dutzend", "12"),
        (r"(?:eine )?(?:herde|schar|gruppe|menge|reihe|rudel|schwarm|haufen|handvoll)(?: von)?", "5"),
        (r"(?:ein einziger|ein einzelner|ein einzelnes|eine einzelne|ein einsamer|eine einsame)", "1"),
    ),
    colours=COLOURS,
    sizes={stem + ending: size for stem, size in
           (("winzig", 0.6), ("klein", 0.75), ("riesig", 1.35), ("gross", 1.15), ("gewaltig", 1.3), ("gigantisch", 1.35))
           for ending in ("", "e", "er", "es", "en", "em")},
    ground=re.compile(
        rf"(?<= )(?:, )?(?:auf|vor|mit|gegen) (?:ein(?:em|er|en)? |dem |der )?(?:\w+ )?({COLOUR}) (?:hintergrund|grund|untergrund|flaeche|wand|boden)(?= )"
        rf"|(?<= )(?:, )?(?:auf|vor) ({COLOUR})(?= (?:,|$))|(?<= )(?:, )?({COLOUR}) hintergrund(?= )"
    ),
    negation=GERMAN_NEGATION,
    styles=style_names.GERMAN_WHOLE,
    hands=(
        re.compile(
            rf"(?:^|(?<=^ ))(?:bitte )?(?:(?:zeichne|male|zeige)(?: mir)? )?{DET}(?:(?!(?:von|mit|in|auf|und|als) )\w+ ){{0,2}}?(?:{MEDIA})"
            r"(?: (?:von|vom|mit))?(?: (?:einer|eines|einem|der|des|dem|zwei|drei))?(?= )"
        ),
        re.compile(rf"(?<= ), (?:als |in |im |wie )?{DET}(?:\w+ ){{0,3}}?(?:{STYLES}|\w*stil|\w*schnitt|\w*malerei|\w*zeichnung|\w*druck|\w*gemaelde)(?: (?:von \w+(?: \w+)?|{MEDIA}))?(?= (?:,|$))"),
        re.compile(rf"(?<= )(?:als|in|im stil(?: von)?|im stile(?: von)?|gemalt in|gezeichnet mit|gemalt mit) {DET}(?:\w+ )?(?:{STYLES}|\w*stil)(?= (?:,|$))"),
        re.compile(r"(?<= )(?:, )?im stile? (?:von|des|der|eines)(?: \w+){1,3}?(?= (?:,|$))"),
        re.compile(r"(?<= )(?:, )?(?:von|nach|wie) (?:claude |vincent |pablo |andy |paul |gustav |salvador |edvard )?(?:monet|van gogh|picasso|warhol|hokusai|matisse|klimt|dali|munch|rembrandt|klee|kandinsky|duerer|hundertwasser|franz marc)(?= )"),
        re.compile(rf"(?<= )(?:{STYLES}){ENDING}(?= [a-z])"),
        *style_names.GERMAN_HANDS,
    ),
    places=patterns(
        (r"(?:unter wasser|unterm wasser|unterwasser|(?:auf|an|am) (?:dem )?(?:meeresgrund|meeresboden|grund des meeres)|in der tiefsee|tief im meer|im aquarium|unter dem meer|unter den wellen)", "underwater"),
        (r"(?:im weltraum|im weltall|im all|im kosmos|durch das all|durchs all|durch den weltraum|auf dem mond|auf dem mars|zwischen den sternen|im universum|in der schwerelosigkeit)", "space"),
        (_place("am|an|im|auf|vor|hinter|aus|beim|neben", "fenster|fensterbrett|fensterbank|fenstersims"), "window"),
        (_place("auf|am|an|aufm", "tisch|tische|esstisch|kuechentisch|holztisch|schreibtisch|tischdecke|tischtuch|tablett|regal|theke|kommode|picknickdecke|werkbank"), "table"),
        (_place(f"{IN}|{AM}|zwischen|tief im|tief in", "wald|waelder|waeldern|walde|dschungel|urwald|regenwald|tannenwald|baeumen|unterholz|waldrand|waldlichtung|lichtung"), "forest"),
        (_place(f"{IN}|{AM}", "wueste|sand|duenen|duene|sahara"), "desert"),
        (_place(f"{IN}|{AM}|hoch am|hoch in|ueber", "himmel|luft|wolken|lueften|himmels"), "sky"),
        (_place(f"{IN}|{AM}", "meer|meere|see|ozean|strand|ufer|kueste|fluss|teich|wasser|hafen|bach|nordsee|ostsee|weiher|wellen|bucht|seeufer|hohen see|kanal"), "sea"),
        (_place(f"{IN}|{AM}", "huegel|huegeln|wiese|feld|felde|berg|berge|bergen|berges|garten|park|gras|tal|gebirge|alm|acker|weide|land|rasen|bauernhof|landschaft|klippe|blumenwiese|gruenen"), "hills"),
        (_place(f"{IN}|{AM}", "strasse|stadt|gasse|allee|markt|marktplatz|dorf|platz|gehweg|buergersteig|innenstadt|grossstadt|verkehr|kreuzung|autobahn"), "street"),
        (_place(f"{IN}|{AM}", "zimmer|kueche|wohnzimmer|schlafzimmer|raum|bad|badezimmer|stube|saal|museum|bibliothek|buero|klassenzimmer|atelier|keller|kinderzimmer|ecke|teppich|cafe|restaurant|wirtshaus|werkstatt"), "room"),
    ),
    times=patterns(
        (r"(?:bei nacht|in der nacht|nachts|um mitternacht|mitternachts|im mondschein|im mondlicht|bei mondschein|unter sternen|unter den sternen|unterm sternenhimmel|unter dem sternenhimmel|bei vollmond|im dunkeln|naechtlich\w*)", "night"),
        (r"(?:bei sonnenuntergang|beim sonnenuntergang|im sonnenuntergang|bei sonnenaufgang|im sonnenaufgang|beim sonnenaufgang|im abendrot|im morgengrauen|am abend|abends|in der daemmerung|bei daemmerung|in der abenddaemmerung|im abendlicht|im morgenrot|vor (?:dem|einem) sonnenuntergang|zum sonnenuntergang)", "dusk"),
        (r"(?:am tag|bei tag|mittags|am mittag|am morgen|am nachmittag|im sonnenschein|am tage|tagsueber)", "day"),
    ),
    weathers=patterns(
        (r"(?:(?:im|in|bei|auf|durch|unter)(?: dem| den| der| tiefem| tiefen)? (?:\w+ )?(?:schnee|schneesturm|winter|schneefall|neuschnee|tiefschnee|schneegestoeber)|verschneit\w*|schneebedeckt\w*|winterlich\w*)", "snow"),
        (r"(?:(?:im|in|bei|durch|unter)(?: dem| den| der| einem)? (?:\w+ )?(?:regen|sturm|gewitter|regenwetter|unwetter|platzregen|stroemenden regen|nieselregen|wolkenbruch)|regnerisch\w*|verregnet\w*)", "rain"),
    ),
    relations=patterns(
        (r"links (?:von|vom|neben)|zur linken|auf der linken seite von", "left"),
        (r"rechts (?:von|vom|neben)|zur rechten|auf der rechten seite von", "right"),
        (r"vor|vorm|vors", "in front"), (r"hinter|hinterm", "behind"),
        (r"auf|aufm|obenauf|reitet auf|sitzt auf|steht auf|liegt auf|reitend auf", "on"),
        (r"unter|unterm|unterhalb", "below"), (r"ueber|ueberm|oberhalb", "above"),
        (r"traegt|traegt einen|traegt eine|mit", "holding"), (r"haelt|liest|isst|spielt|spielt auf|trinkt|in der hand", "holding"),
        (r"in|im|ins|innerhalb|aus", "in"), (r"neben|bei|beim|an|am|und|samt|trifft|,", "beside"),
    ),
    compositions=patterns(
        (r"(?:ein )?(?:muster|tapete) (?:aus|von|mit)|, muster", "pattern"), (r"(?:ein )?(?:raster|gitter) (?:aus|von|mit)", "grid"),
        (r"in (?:einer )?reihe|nebeneinander|(?:eine )?reihe (?:von|aus)?", "row"),
        (r"(?:eine |in )?(?:nahaufnahme|grossaufnahme|makroaufnahme)(?: von| eines| einer| des| der)?|aus der naehe|ganz nah", "close-up"),
    ),
)  # fmt: skip
