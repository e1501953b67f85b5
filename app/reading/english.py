"""How English says number, colour, place, time, manner, and what is not wanted."""

# ruff: noqa: E501 - a pattern is read more easily in one line
from __future__ import annotations

import re

from app.reading.grammar import ELEMENTS, SEASONS, Grammar, Negation, alternatives, hints, listed, numbered, patterns
from app.text import style_names

ARTICLES = listed("a an the this that these those my your his her its our their some any another each every")
NUMBERS = numbered(
    "one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
) | {"several": 3, "few": 3, "many": 6, "numerous": 6, "thirty": 24, "forty": 24, "fifty": 24, "hundred": 24,
     "thousand": 24, "dozen": 12, "twin": 2, "twins": 2, "both": 2}  # fmt: skip
COLOURS = {
    name: colour
    for colour, names in {
        "red": "red crimson scarlet ruby vermilion vermillion carmine maroon cherry blood burgundy reddish rusty",
        "orange": "orange apricot tangerine amber copper peach ginger salmon coral",
        "yellow": "yellow golden gold lemon mustard canary saffron blond blonde yellowish ochre",
        "green": "green emerald lime olive mint jade greenish khaki forest moss sage",
        "blue": "blue navy azure sapphire cobalt indigo ultramarine cyan bluish denim",
        "purple": "purple violet lilac lavender mauve plum magenta amethyst aubergine",
        "pink": "pink rose rosy fuchsia pinkish",
        "brown": "brown chestnut chocolate beige tan bronze sepia hazel caramel umber coffee",
        "black": "black ebony jet pitch onyx",
        "white": "white ivory cream snowy pearl whitish",
        "grey": "grey gray silver silvery ashen charcoal slate greyish grayish",
        "turquoise": "turquoise teal aqua aquamarine",
    }.items()
    for name in names.split()
} | {
    "hot pink": "pink", "jet black": "black", "pitch black": "black", "coal black": "black", "snow white": "white",
    "off white": "white", "chocolate brown": "brown", "navy blue": "blue", "sky blue": "blue", "royal blue": "blue",
    "baby blue": "blue", "ice blue": "blue", "midnight blue": "blue", "cobalt blue": "blue", "ruby red": "red",
    "blood red": "red", "cherry red": "red", "brick red": "red", "wine red": "red", "lime green": "green",
    "olive green": "green", "forest green": "green", "emerald green": "green", "mint green": "green",
    "apple green": "green", "grass green": "green", "lemon yellow": "yellow", "canary yellow": "yellow",
    "mustard yellow": "yellow", "blue green": "turquoise", "sea green": "turquoise", "rose red": "red",
    "baby pink": "pink", "salmon pink": "pink", "burnt orange": "orange", "silver grey": "grey",
    "lavender purple": "purple",
}  # fmt: skip
SHADE = "(?:(?:dark|deep|light|pale|bright|pastel|vivid|soft|plain|solid|neon|warm|cool|dull|rich) ){0,2}"
COLOUR = alternatives(COLOURS)
BACK = "(?:background|backdrop|ground|base|wall|backing)"
DET = "(?:(?:a|an|the|his|her|its|their|some|this|my) )?"
NOT_AHEAD = "(?!(?:in|on|at|by|of|with|and|or|a|an|the|under|over|next|to|,|not|no|is|are|that|who|which) )"
ADJECTIVES = rf"(?:{NOT_AHEAD}[a-z]+ ){{0,2}}?"


def _place(prepositions: str, nouns: str) -> str:
    return rf"(?:{prepositions}) {DET}{ADJECTIVES}(?:{nouns})"


IN, ON = "in|inside|into|within|through|across|amid|among|amidst|crossing|deep in|lost in|high in|up in", "on|upon|onto"
AT, BY = "at|by|near|beside|along|off|next to|close to|over|above|behind|before|from", "by|at|near|beside|in|on|before"
SEA = ("sea|ocean|lake|river|beach|shore|seaside|coast|seashore|waves|harbour|harbor|bay|pond|water|lagoon|stream|canal|"
       "waterfront|riverbank|lakeside|pier|jetty|high seas|sea shore|open sea")  # fmt: skip
HILLS = ("hills?|hilltop|meadows?|fields?|mountains?|mountainside|grass|garden|park|countryside|valley|prairie|savannah?|"
         "farm|pasture|lawn|alps|landscape|orchard|plains?|cliff|vineyard|steppe|farmyard|country|outdoors|backyard")  # fmt: skip
FOREST = "forests?|woods?|jungle|rainforest|grove|woodland|trees|undergrowth|thicket"
STREET = "streets?|city|town|road|alley|market|sidewalk|pavement|traffic|downtown|village|avenue|crossroads|town square|highway|marketplace"
ROOM = ("room|kitchen|bedroom|bathroom|living room|parlou?r|hall|studio|museum|library|classroom|office|attic|cellar|"
        "cafe|restaurant|bar|pub|nursery|salon|corner|workshop|laboratory|ballroom|carpet|rug|floor|sitting room|lounge")  # fmt: skip
ENGLISH_PLACES = patterns(
    (r"(?:under ?water|(?:under|beneath|below) (?:the )?(?:sea|water|ocean|waves|surface)|"
     r"(?:on|at|along) the (?:bottom|floor|bed) of the (?:sea|ocean|lake)|(?:on|at|along) the (?:seabed|sea floor|ocean floor|sea bed|seafloor)|"
     r"in the deep(?: sea| blue sea| ocean)?|(?:in|on|over|at) (?:a |the )?(?:coral )?reef|in an? (?:aquarium|fish tank))", "underwater"),
    (r"(?:in|into|through|across|from|floating in) (?:outer |deep |empty |the depths of )?space", "space"),
    (r"(?:on|upon|over) (?:the )?(?:moon|mars|venus|jupiter|surface of the moon|another planet|a distant planet|an alien planet)", "space"),
    (r"(?:in|among|amid|between|through|across) (?:the )?(?:cosmos|universe|galaxy|milky way|stars|planets|orbit|zero gravity)", "space"),
    (_place("by|at|near|beside|in|on|before|in front of|through|behind|from", "windows?|window ?sill|sill|window ledge|windowpane"), "window"),
    (_place("on|upon|onto|at|on top of|across", "table|tabletop|tablecloth|desk|counter|shelf|workbench|tray|kitchen table|bench top|countertop|mantelpiece|sideboard|picnic blanket"), "table"),
    (_place(f"{IN}|{ON}|{AT}|between", FOREST), "forest"),
    (_place(f"{IN}|{ON}|over|at|near", "deserts?|sand|dunes?|sahara|gobi|wasteland"), "desert"),
    (_place(f"{IN}|{ON}|over|above|against|across", "sk(?:y|ies)|air|clouds?|heavens?|mid ?air|midair"), "sky"),
    (_place(f"{IN}|{ON}|{AT}", SEA), "sea"),
    (_place(f"{IN}|{ON}|{AT}|on top of|atop", HILLS), "hills"),
    (_place(f"{IN}|{ON}|{AT}", STREET), "street"),
    (_place(f"{IN}|on|at|from", ROOM), "room"),
    (_place("under|beneath|below|against", "sk(?:y|ies)|heavens?|clouds?|sun"), "hills"),
    (r"(?:walk|walked|go|come|run|drive|ride|fly|sail|head|return|travel|wander|drift|hurry|stagger|march|way)(?:s|es|ing)? (?:all the way |back )?home", "street"),
    (r"(?:running (?:out|late|away|wild)(?: of)?|full of)", ""), ("indoors", "room"), ("outdoors", "hills"), ("(?:underwater|undersea|deep sea)", "underwater"),
)  # fmt: skip
ENGLISH_TIMES = patterns(
    (r"(?:(?:at|by|in|during|through|late at|deep in|into|on) (?:the |a |an )?(?:\w+ ){0,2}?(?:night|midnight|nighttime|night time|moonlight|starlight))", "night"),
    (r"(?:under|beneath|below) (?:the |a )?(?:\w+ )?(?:stars|starry sky|night sky|full moon|moon|starry night sky|starry night|moonlight)", "night"),
    (r"(?:moonlit|nocturnal|starlit|nighttime|after dark|in the dark|in darkness)", "night"),
    (r"(?:(?:at|in|during|into|by|before|against|under) (?:the |a |an )?(?:\w+ ){0,2}?(?:sunset|sundown|dusk|twilight|dawn|sunrise|daybreak|evening|nightfall|golden hour|setting sun|rising sun|evening light|dusky light))", "dusk"),
    (r"(?:sunset|evening|twilight) (?=(?:view|scene|light|sky|mood)s? )", "dusk"),
    (r"(?:at|in|by|around|on) (?:the |a |an )?(?:\w+ )?(?:noon|midday|daylight|day|daytime|morning|afternoon|sunlight|sunshine|summer day|sunny day)", "day"),
)  # fmt: skip
ENGLISH_WEATHERS = patterns(
    (r"(?:(?:in|through|during|under|on|caught in|amid|covered (?:in|with|by)|into) (?:the |a |an )?(?:\w+ ){0,2}?(?:snow|snowfall|snowstorm|blizzard|winter|snowy day|winter day|falling snow))", "snow"),
    (r"(?:while|as|when) it (?:is )?snow(?:s|ing)", "snow"),
    (r"(?:winter|winters|snow) (?=(?:landscape|scene|forest|day|night|garden|view|wood|morning|evening|village|street) )", "snow"),
    (r"(?:snowy|snow covered|snowbound|wintry)", "snow"),
    (r"(?:(?:in|through|during|under|on|caught in|amid|into) (?:the |a |an )?(?:\w+ ){0,2}?(?:rain|storm|thunderstorm|downpour|drizzle|rainy day|shower|rainstorm|wet weather|bad weather|pouring rain))", "rain"),
    (r"(?:while|as) it (?:is )?(?:rain(?:s|ing)|pour(?:s|ing))", "rain"),
    (r"(?:rainy|stormy|rain soaked|drizzly)", "rain"),
)  # fmt: skip
ENGLISH_RELATIONS = patterns(
    (r"(?:to the left|left|on the left(?: hand)?(?: side)?|to left) of", "left"),
    (r"(?:to the right|right|on the right(?: hand)?(?: side)?|to right) of", "right"),
    (r"(?:in front of|ahead of|before)", "in front"),
    (r"behind|at the back of|hidden by|hiding behind", "behind"),
    (r"(?:on top of|atop|upon|riding(?: on| upon)?|rides|sitting on|astride|on the back of|perched on|standing on|balancing on|sits on|stands on|mounted on|on|onto|lying on|sleeping on)", "on"),
    (r"(?:hanging from|under|underneath|beneath|below|hangs from|dangling from)", "below"),
    (r"(?:above|over|jumping over|flying over|hovering over|jumps over)", "above"),
    (r"(?:wearing|wears|dressed in|sporting|dressed as)", "wearing"),
    (r"(?:holding|holds|carrying|carries|clutching|grasping|gripping|bearing|playing|plays|eating|reading|reads|eats|licking|drinking|juggling|waving|offering|pushing|with)", "holding"),
    (r"(?:inside|inside of|within|in|into|out of|peeking out of|trapped in)", "in"),
    (r"(?:next to|beside|by|near|alongside|close to|at|and|with|besides|hugging|kissing|chasing|facing|meets|meeting|,)", "beside"),
)  # fmt: skip
MEDIA = ("painting|drawing|print|picture|photo|photograph|sketch|illustration|woodcut|linocut|lino cut|watercolou?r|poster|image|"
         "etching|engraving|mosaic|collage|pastel|artwork|lithograph|woodblock|screen ?print|silkscreen|risograph|"
         "cyanotype|fresco|mural|cartoon|doodle|render|rendering|rendition|portrait|charcoal|icon|logo|sticker|cut ?out|"
         "stained glass|stained glass window|ink wash|aquarelle|gouache|tapestry|embroidery|still life|depiction|"
         "close ?up|closeup|study|view|scene|oil|low poly|pop art|op art|neon sign|discs of colou?r|cover|blueprint|"
         + style_names.ENGLISH_MEDIA)  # fmt: skip
STYLES = (
    "pop art|op art|paper cut ?out|risograph|screen print|primary colou?r grid|stained glass|mosaic|cubist|cubism|low poly|"
    "pointillist|pointillism|oil painting|oil paint|oils?|swirling brushstrokes|brushstrokes|chalk pastel|pastels?|woodcut|"
    "charcoal|neon|watercolou?rs?|ink wash|cyanotype|colou?r field|discs of colou?r|linocut|minimalist|minimal|impressionist|"
    "impressionism|expressionist|expressionism|surreal|surrealist|surrealism|abstract|art deco|art nouveau|baroque|"
    "bauhaus|pixel art|8 bit|ukiyo e|ukiyo e print|japanese woodblock|woodblock|pencil|pen and ink|ink|crayons?|gouache|acrylic|acrylics|"
    "vector|flat design|line art|realistic|photorealistic|hyperrealistic|renaissance|rococo|gothic|fauvist|fauvism|"
    "dadaist|retro|vintage|vanitas|botanical|blueprint|poster|comic|anime|manga|cartoon|childrens book|fresco|batik|"
    "collage|graffiti|sumi e|silkscreen|lithograph|etching|engraving|engraved|stencil|tempera|grisaille|monochrome|"
    "black and white|sepia|folk art|naive|art brut|hand drawn|claymation|3d|digital art|concept art|isometric|"
    "bold outlines|flat colou?rs|modernist|constructivist|suprematist|de stijl|symbolist|romantic|dutch master|"
    "dutch still life|still life|line drawing|chiaroscuro|soft focus|mosaic tiles|tapestry|embroidery|paper craft|"
    + style_names.ENGLISH_STYLES
)
WORDS = "(?:(?!(?:of|in|on|with|and|holding|under|wearing|at|,) )[\\w]+ ){0,5}?"
ENGLISH_HANDS = (
    # "an oil painting of"
    re.compile(
        rf"(?:^|(?<= , )|(?<=^ ))(?:please )?(?:(?:draw|paint|show|make|create|give)(?: me| us)? )?(?:a |an |the |my )?{WORDS}"
        rf"(?:{MEDIA})(?: (?:{MEDIA}|window|style))* (?:of|around|showing|depicting|featuring)(?= )"
    ),
    # ", ukiyo-e print", ", poster style"
    re.compile(
        rf"(?<= ), (?:in |as |like |done in |painted in )?(?:a |an |the )?{WORDS}(?:(?:{MEDIA}|{STYLES}|style|art|look|manner|comic|aesthetic|masters?|book cover|"
        rf"print|lighting|century|textures?|strokes|tiles|palette|tones|technique|design|vibe|mood)s?)(?: (?:style|look|of \w+|by \w+(?: \w+)?))?(?= (?:,|$))"
    ),
    re.compile(r"(?<= )(?:, )?(?:in|after) the (?:style|manner|spirit|fashion) of(?: \w+){1,4}?(?= (?:,|$|with |and ))"),
    re.compile(
        r"(?<= )(?:, )?(?:painted |drawn |made |in the style )?(?:by|a la|after|like) (?:a )?(?:claude |vincent |pablo |andy |katsushika |henri |paul |gustav |salvador |edvard )?"
        r"(?:monet|van gogh|picasso|warhol|hokusai|matisse|klimt|dali|munch|rembrandt|vermeer|cezanne|klee|kandinsky|miro|"
        r"hopper|turner|durer|da vinci|leonardo|mondrian|rothko|banksy|hockney|gauguin|seurat|chagall|magritte|frida kahlo|kahlo)(?= )"
    ),
    re.compile(rf"(?<= )(?:, )?(?:in|as|done in|painted in|drawn in|made of|rendered in) (?:a |an )?(?:\w+ )?(?:{STYLES})(?: (?:style|technique|{MEDIA}))?(?= (?:,|$))"),
    re.compile(rf"(?<= )(?:{STYLES})(?: (?:style|{MEDIA}))? (?=(?!of |, )[a-z])"),
    re.compile(r"(?<= )[\w]+ (?:style|styled)(?= (?:,|$))"),
    *style_names.ENGLISH_HANDS,
)  # fmt: skip
NOT = r"(?:not|never|cant|cannot|can not|couldnt|could not|wont|dont|do not|doesnt|does not|no one|nobody)"
VERB = "(?:show|draw|paint|put|use|add|include|make|give|let|bring|render|want|depict|place|insert|have|like|need|wish for|see|think of)"
NO_SAID = "(?:that|which|who|it|this|and|but|or|not|no|never|is|are)"
ENGLISH_NEGATION = Negation(
    begins=re.compile(
        r"(?<= )(?:, )?(?:(?:but|and|with|absolutely|definitely|certainly|please|there (?:is|are|must be|should be)|has|have|having) )*"
        r"(?:(?:(?:anything|everything|anyone|everyone|anybody|everybody|all|whatever) )?(?:except(?: for)?|other than|apart from|aside from|save for)|"
        r"(?:anything|everything|anyone|everyone|anybody|everybody|whatever) but|all but(?= (?:the|a|an) )|(?:in place|instead|in lieu) of|rather than|as opposed to|different (?:from|than)|unlike|with the exception of|barring|(?:in )?the absence of|(?:under|on|by|in) no (?:circumstances?|account|means|way|case)|nothing like|lost (?:its|his|her|their)|leave(?= (?:\w+ ){1,4}out )|keep(?= (?:\w+ ){1,4}(?:out|away) )|far (?:away )?from|"
        r"(?:in )?(?:any|every|whatever|all) colou?rs? (?:but|except(?: for)?|(?:other|rather) than|apart from|save for|not)|"
        r"(?P<kept>(?:(?:rather|sooner|more|like|love|want)(?: (?!than )\w+){1,5}?(?= (?:more |better )?than )|prefer(?: \w+){1,5}?(?= (?:to|over|than) )|any(?: (?!but )\w+){1,3}?(?= but ))) (?:(?:more |better )?than|to|over|but)|"
        rf"(?:never|not|cant|cannot|can not|couldnt|could not|wont|will not|dont|don t|do not|doesnt|does not)(?: you)?(?: ever| dare)* {VERB}(?: (?:me|us|in))?|"
        r"(?P<nobody>nobody|no one|noone)|not|no|without|never mind|nothing to do with|excluding|minus|sans|free of|devoid of|empty of|(?<! a )(?<! an )(?<! the )(?:lacking|missing)|(?:hardly|scarcely|barely) any|little to no|"
        r"never|avoid|omit|leave out|exclude|(?:drop|ditch|lose) the|(?:get )?rid of|(?:do|done) without|stay away from|steer clear of|none of|nor|neither|"
        r"(?:do not|dont|don t) (?:want|draw|show|paint|include|add|like|need|wish for)|isnt|arent|wasnt|werent|(?:am|was|were) not|(?:do|does|did|has|have|had|ca|could|wo|would)nt|cannot|"
        r"(?:hates?(?= \w)|detests?|dislikes?|cant stand|cannot stand|allergic to|(?:sick|tired) of|enough)|"
        r"lacks?|bereft of|clear of|void of|w , o|(?:remove|delete|ban|banish|erase|bar|reject|refuse|spare me|keep (?:out|away from)|take (?:away|out))(?: the| all| any)*|"
        r"(?:should|must|may|can|could|would|shall) ?not(?: (?:be|have|contain|include|show))?|(?:shouldnt|mustnt|cannot|cant) (?:be|have|contain|include|show)|"
        r"skip|forget|hold the|no (?:more|longer)|not (?:with|of)|zero|0)(?= )"
    ),
    behind=re.compile(
        rf"(?<= )(?:(?:but|and|though|with) )?(?P<said>{DET}(?:(?!{NO_SAID} )\w+ ){{1,2}}?)"
        r"(?:(?:(?:is|are|be|being|to be|should be|must be|left|kept|stays?) )?(?:excluded|forbidden|banned|prohibited|omitted|unwelcome|unwanted|off limits)|"
        r"(?:is|are|be|being|to be|should be|must be|left|kept|stays?) (?:out|absent|missing)|"
        r"(?:(?:is|are) )?not (?:allowed|wanted|welcome|needed|permitted|invited|required|included|there|in (?:it|there|the (?:picture|scene|image)))|"
        r"aside|(?:(?:must|should|may|can|shall|will) )?(?:stay|keep|be left|be kept) (?:out|away)|(?:must|should|may|can|shall|will) not(?: be(?: there| shown| seen)?)?|[?:] (?:no|nope|never|no way))(?= (?:[,.;!)]|$|and|but|please|though))"
    ),
    people="people",
    spelled=listed("without except instead rather anything excluding neither nothing"),
    affirms=re.compile(
        r"(?<= )(?:not not|nothing (?:but|except(?: for)?|(?:other|else|more|less) than|short of|else)|nothing (?:beats|wrong with|wrong about|better than|compares to|like home)|(?:no one|nobody|none) (?:but|except(?: for)?|other than)|no other than|"
        r"not (?:only|just|merely|simply|solely|alone)|(?:no|not|nothing) (?:fewer|less|more) than|no less|without (?:a |any |the |further |shadow of a )*(?:doubt|question|fail|exception|ado)|"
        r"no (?:doubt|question|wonder|matter|problem|worries|kidding|joke|reason)|(?:why|if|or|whether or|until) not|(?:not|never) without|never ?ending|zero (?:gravity|g)|"
        r"last but not least|not to (?:mention|scale)|not (?:unlike|bad|far from|yet)|(?:never|not|dont|do not|cannot|cant|wont) (?:to |ever )?(?:forget|leave out|omit|skip|miss|exclude|avoid|dislike|hate|lose|drop|remove|ignore|overlook|neglect)|whatever you do|(?:dont|do not|wouldnt|would not) mind|nope|leave (?:it|them|those|that) out|"
        r"(?:cant|cannot|can not) (?:help but|resist|wait for|get enough of|go wrong with|live without)|(?:no one|nobody) can resist|"
        r"who (?:doesnt|does not) (?:love|like|want)|not (?:your|the) (?:average|usual|typical|everyday|ordinary)|not (?:so|very|too|quite|really|particularly|exactly|all that|overly|entirely|especially) (?!(?:a|an|the|any) )\w+|"
        rf"(?:{NOT}|no)(?P<kept>(?: (?!(?:and|or|but|nor) )\w+){{1,5}}) without)(?= )"
    ),
    turns=listed("but just only instead however yet while draw show paint sitting standing please though although rather i"),
    places=listed("on in at under by next over with behind beside near inside before above below against around beneath underneath onto into atop upon between among through"),
    pronouns=listed("it them him her there"),
    adding=listed("and plus"),
    choosing=listed("or nor"),
    fillers=listed("single sign trace kind sort sight one ones whatsoever ever even want be have contain include more me"),
    actions=("ed", "ing", "ly"),
    lacking=re.compile(r"(\w{3,})less"),
    free=listed("free less"),
    pro=listed("one ones"),
    bare=listed("empty bare deserted vacant"),
    subgroups=hints(
        ("people person persons human humans nobody everyone everybody anybody anyone crowd crowds", "person hand body family"),
        ("animal animals creature creatures wildlife beasts", "animal"), ("bird birds", "animal-bird"),
        ("insect insects", "animal-bug"), ("flower flowers blooms", "plant-flower"), ("plant plants", "plant"),
        ("fruit fruits", "food-fruit"), ("vegetable vegetables veggies", "food-vegetable"), ("food", "food"),
        ("drink drinks beverage beverages", "drink"), ("vehicle vehicles", "transport"), ("traffic", "transport-ground"),
        ("building buildings", "place-building"), ("face faces emoji emojis smileys", "face cat-face monkey-face"),
        ("clothes clothing garments", "clothing"), ("instrument instruments", "musical-instrument"),
        ("tool tools", "tool"), ("sport sports", "sport"), ("game games", "game"), ("furniture", "household"),
    ),
)  # fmt: skip
SMALL = listed(
    "emoji emojis emoticon emoticons "
    "a an the of in on at to for with and or by from as is are was be been am being it its this that these those there "
    "here his her their our my your him them they he she we you i me us who whom whose which what where when while how why "
    "if then than so such not no nor but yet just only also too very really quite rather some any each every all both "
    "into onto over under above below behind between among through across along around about after before during "
    "against off out up down near next beside inside outside upon without within like please draw show paint make want "
    "give create see let can could would should will may might do does did has have had having get gets got go goes "
    "going put puts come comes look looks looking being standing sitting lying picture image kind sort type lot lots "
    "bit piece bunch group set most more less much many few other another same own one's again always often never "
    "nothing either really still even ever o oh s t re ll ve d m et al etc again away back front top bottom side left right middle "
    "scene view motif subject painted drawn made called named seen nice beautiful lovely cute pretty good great new big small large little"
)  # fmt: skip
ENGLISH = Grammar(
    language="en",
    small=SMALL,
    articles=ARTICLES,
    vague=listed(
        "thing things something someone somebody anything one ones stuff object objects creature creatures animal "
        "animals vehicle vehicles instrument instruments device devices tool tools machine machines gadget item place "
        "building person people food dish plant vegetable vegetables insect beast mammal it he she game container "
        "clothing garment piece furniture utensil weapon figure being monster appliance apparatus contraption reptile "
        "rodent event feeling emotion substance material liquid snack dessert meal beverage treat fellow fruit fruits bloom "
        "ingredient filling grazer swimmer marsupial"
    ),
    classes=listed("bird fish flower tree truck boat ship box bag toy sport room hat shoe drink sweet cat dog ball lorry van man woman lady house mountain star plant horse light stone"),
    wholes={"seasons": SEASONS, "elements": ELEMENTS, "smiley": ("smiling face",)},
    kinds=hints(
        ("creature creatures being beings", "animal person-fantasy"), ("animal animals beast pet mammal reptile rodent marsupial predator hunter", "animal"),
        ("bird birds fowl", "animal-bird"), ("insect insects", "animal-bug"), ("fruit fruits berry", "food-fruit"),
        ("vegetable vegetables veg", "food-vegetable"), ("vehicle vehicles drives ride rides", "transport"),
        ("instrument instruments musician play plays played", "musical-instrument"), ("tool tools", "tool"),
        ("who person someone somebody man woman he she guy fellow lady", "person"), ("building place where", "place"),
        ("plant flower tree bloom blooms", "plant"), ("drink beverage drinks sip", "drink"),
        ("food dish snack treat meal dessert eat eats eaten edible tasty delicious yummy bake baked", "food"),
        ("garment clothing wear wears worn clothes", "clothing"), ("game sport team ball", "sport game"),
        ("sky weather shines", "sky-weather"), ("jewellery jewel jewelry", "clothing"), ("ship boat sails", "transport-water"),
    ),
    measures=listed("bowl plate dish slice piece loaf cup glass mug pint portion serving wedge scoop sip bottle bit kind sort"),
    features=("eyed", "haired", "faced", "winged", "tailed", "bearded", "striped", "spotted", "headed", "nosed", "footed"),
    doers=listed("who which to you it we they he she i can will could would"),
    openers=listed("it he she you what where who"),
    clauses=listed("that which who whom whose where when what you we they it for made used"),
    breaks=listed("and or with plus meets versus vs & while then"),
    numbers=NUMBERS,
    amounts=patterns(
        (r"(?:a |the )?(?:pair|couple|duo|brace) of", "2"), (r"(?:half a dozen|half dozen)", "6"),
        (r"(?:two|2) dozen", "24"), (r"(?:a |one )?dozen(?: of)?", "12"),
        (r"(?:a )?(?:trio|threesome) of", "3"), (r"(?:a )?(?:quartet) of", "4"),
        (r"(?:a )?(?:few|handful of|couple)", "3"),
        (r"(?:a |the )?(?:herd|flock|group|pack|bunch|swarm|shoal|school|litter|crowd|row|line|pile|stack|heap|family|"
         r"troop|colony|bevy|cluster|gaggle|parade|collection|field|bouquet) of (?=[a-z ]+s )", "5"),
        (r"(?:a |one )?(?:hundred|thousand|million|hundreds of|thousands of|dozens of|lots of|plenty of|loads of|tons of|a lot of|countless)", "20"),
        (r"(?:a )?(?:single|lone|solitary|lonely)", "1"),
    ),
    colours=COLOURS,
    sizes={"tiny": 0.6, "small": 0.75, "little": 0.75, "miniature": 0.6, "minuscule": 0.55, "mini": 0.65, "wee": 0.65,
           "huge": 1.3, "giant": 1.35, "gigantic": 1.35, "enormous": 1.35, "massive": 1.3, "colossal": 1.4,
           "large": 1.15, "big": 1.15, "oversized": 1.3, "towering": 1.3, "monumental": 1.35},
    ground=re.compile(
        rf"(?<= )(?:, )?(?:set |isolated |painted |standing )?(?:on|against|over|before|in front of|with|upon|in) (?:a |an |the )?{SHADE}({COLOUR})(?: colou?red)? (?:{BACK})(?= )"
        rf"|(?<= )(?:, )?(?:on|against) (?:a |an |the )?{SHADE}({COLOUR})(?= (?:,|$))|(?<= )(?:, )?(?:a )?{SHADE}({COLOUR}) (?:background|backdrop)(?= )"
    ),
    negation=ENGLISH_NEGATION,
    styles=style_names.ENGLISH_WHOLE,
    hands=ENGLISH_HANDS,
    places=ENGLISH_PLACES,
    times=ENGLISH_TIMES,
    weathers=ENGLISH_WEATHERS,
    relations=ENGLISH_RELATIONS,
    compositions=patterns(
        (r"(?:a |the )?(?:\w+ )?(?:repeating |repeated |seamless )?(?:pattern|wallpaper|tiling|textile|fabric|ornament)(?: made)? of|, (?:repeating |seamless )?pattern", "pattern"),
        (r"(?:a |the )?(?:\w+ )?grid of|in a grid|, grid", "grid"),
        (r"(?:in (?:a |one )?(?:\w+ )?(?:row|line)|side by side|lined up|(?:a |the )?(?:row|line|parade) of)", "row"),
        (r"(?:an? |the )?(?:extreme )?(?:close ?up|closeup|macro|detail|macro shot|close up view)(?: (?:shot|view|photo|picture|portrait))?(?: of)?|seen from (?:very )?near|up close", "close-up"),
    ),
)  # fmt: skip
