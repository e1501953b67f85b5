"""What captions say in German, under the same conditions as in English. Prompts stand in quotation marks.

They are never declined, and nobody is addressed.
"""

from __future__ import annotations

AND = " und "
MARKS = "„{}“"
PHOTO = "ein Foto"
TONES = {
    "quirky": {
        "": (
            "Niemand hat gefragt, ob aus {first} wirklich {last} werden soll. Nun ist es so.",
            "{first} wollte nur spazieren gehen und traf {last}. Hut nicht nötig.",
            "Der vernünftigste Weg von {first} zu {last}, wenn die Landkarte gerade verliehen ist.",
            "Seltsame Nachbarschaft: {first} und {last}, nun im selben Film.",
            "Unter F wie Film: {first}, siehe auch {last}.",
            "Wer {first} mit {last} allein lässt, hat einiges zu erklären.",
            "Irgendwo sucht eine Bibliothek noch das Regal, in dem {first} neben {last} steht.",
            "Rezept: {first} gut schütteln und als {last} servieren.",
            "Ist {last} das, was {first} sonntags macht? Dieser Film meint: ja.",
            "Auf keiner Karte verzeichnet: die Straße von {first} zu {last}.",
            "Warum {first}? Warum {last}? Warum eigentlich nicht?",
            "Erst {first}, dann ein Schritt zur Seite, hoppla: {last}.",
        ),
        "ends between": ("Schritt eins: {first}. Letzter Schritt: {last}. Dazwischen bitte keine Fragen.",),
        "onward": ("Es brauchte {frames} Bilder, um {first} zu {last} zu überreden.",),
        "between": ("Irgendwo zwischen {first} und {last} gibt es ein Bild ohne Namen. Viel Glück damit.",),
        "returns": (
            "{first} schaut kurz bei {last} vorbei und kommt heim, als wäre nichts gewesen.",
            "Von {first} zu {last} und zurück: Da war wohl der Schirm vergessen.",
        ),
    },
    "funny": {
        "": (
            "Kommt {first} in eine Bar. Sagt der Wirt: Schon wieder {last}!",
            "{first} hatte nur eine Aufgabe. Und jetzt das: {last}!",
            "Hilfe, eben war ich noch {first}, jetzt bin ich {last}! – Ruhig, das ist nur ein Film.",
            "Vor dem Kaffee: {first}. Nach dem Kaffee: {last}. Kaffee kam nicht zu Schaden.",
            "Eilmeldung: {first} bestreitet jede Verwandtschaft mit {last}. Der Film sagt etwas anderes.",
            "Überraschung: {first} war die ganze Zeit {last} mit falschem Bart.",
            "Eine Diät, und aus {first} wird {last}. Ohne Gewähr, haha!",
            "Das Horoskop sprach von {first}. Von {last} war nie die Rede. Geld zurück!",
            "Bestellt: {first}. Geliefert: {last}. Fünf Sterne, gern wieder verwirrt.",
            "Klopf, klopf. – Wer da? – {first}. – Moment, das ist doch {last}!",
            "Verloren: {first}. Gefunden: {last}. Das Fundbüro ist sprachlos.",
            "Sparmaßnahme: {first} und {last} teilen sich jetzt eine Garderobe. Haha!",
        ),
        "onward": (
            "Nur {frames} Bilder, und schon wird {first} mit {last} verwechselt. Die Maschine braucht eine Brille!",
        ),
        "returns": (
            "{first} versucht es als {last} und will dann doch die alte Stelle zurück. Typisch Montag!",
            "{first} wird {last}, denkt an den Herd und muss schnell heim. Haha!",
        ),
    },
    "serious": {
        "": (
            "In diesem Film geht {first} in {last} über.",
            "Der Übergang von {first} zu {last} ist das Thema dieses Films.",
            "Was {first} von {last} trennt, erscheint hier als Strecke, die sich überwinden lässt.",
            "Dieser Film setzt {first} und {last} zueinander in Beziehung.",
            "Der Film beginnt mit {first} und führt zu {last}.",
            "Die Frage ist hier, wie {first} zu {last} werden kann.",
            "Dieser Film stellt {first} neben {last} und überlässt den Vergleich dem Auge.",
            "Zusammen werfen {first} und {last} die Frage auf, was einem Bild bleibt, wenn es sich ändert.",
            "{first} und {last} sind die Pole dieses Films.",
            "Ausgehend von {first} fragt der Film, was zu {last} führt.",
        ),
        "ends": ("Der Film beginnt mit {first} und endet mit {last}.",),
        "onward": ("In {frames} Bildern geht {first} in {last} über.",),
        "between": (
            "Die Bilder zwischen {first} und {last} gehören keinem von beiden ganz.",
            "Der Weg von {first} zu {last} ist als Folge gemalter Bilder dargestellt.",
        ),
        "gradual": ("{first} und {last} sind hier durch allmähliche Veränderung verbunden.",),
        "returns": (
            "Der Film führt von {first} zu {last} und kehrt zurück.",
            "Nach {last} kehrt der Film zu {first} zurück.",
        ),
    },
    "happy": {
        "": (
            "Was für eine Freude: Aus {first} wird {last}!",
            "Ein Hoch auf {first}, ein Hoch auf {last} und auf alle, die zusehen!",
            "Ein Lächeln für heute: {first} auf dem Weg zu {last}!",
            "Gute Nachricht! {first} und {last} haben sich gefunden!",
            "Sonne herein: Aus {first} wird {last}!",
            "So viel Glück in einem Film: {first} wird zu {last}!",
            "Freundschaft auf den ersten Blick: {first} und {last}!",
            "Heute ist ein guter Tag, denn {first} trifft {last}!",
            "Applaus, Applaus: Hier kommen {first} und {last}!",
            "Nichts hebt die Laune so wie {first} zu Besuch bei {last}!",
            "Wie wunderbar: ein ganzer Film für {first} und {last}!",
            "Ein froher Tag für {first} und ein noch froherer für {last}!",
        ),
        "onward": (
            "Von {first} zu {last} in {frames} fröhlichen Bildern. Herrlich!",
            "{frames} Bilder voller Freude, von {first} zu {last}!",
        ),
        "between": ("Ein Hoch auf {first}, ein Hoch auf {last} und auf jedes Bild dazwischen!",),
        "returns": (
            "Ein Ausflug zu {last} und fröhlich heim zu {first}!",
            "Hurra: von {first} zu {last} und wieder nach Hause!",
        ),
    },
    "poetic": {
        "": (
            "Wie der Abend sich an den Tag lehnt, so lehnt sich {first} an {last}.",
            "Jede Form ist ein Fluss: Er entspringt bei {first} und strömt zu {last}.",
            "{first} ist der Traum, und {last} ist das Erwachen.",
            "Eine Linie aus Licht, gezogen von {first} zu {last}.",
            "Was die Nacht {first} nennt, nennt der Morgen {last}.",
            "Unter dem Namen {first} schläft {last}.",
            "Das Wasser hört {first} und antwortet {last}.",
            "{first} zieht vorbei wie Wind, und {last} ist das Gras, das sich erinnert.",
            "Eine Tür aus Nebel steht offen: hier {first}, dort {last}.",
            "{first} flüstert, und in der Ferne beginnt {last} zu blühen.",
            "Zwei Laternen auf einem dunklen Fluss: {first} und {last}.",
        ),
        "between": ("Zwischen {first} und {last} eine Stille, die sich verwandelt.",),
        "gradual": (
            "Leise löst sich {first} auf, und wie die Flut kommt {last}.",
            "{first} vergeht wie Atem am Fenster; dahinter wartet {last}.",
        ),
        "returns": (
            "Wie die Flut geht und heimkehrt, so geht {first} zu {last} und kehrt heim.",
            "Jeder Mond kehrt wieder: {first} nimmt ab, wird {last} und nimmt wieder zu.",
        ),
    },
}
AUDIENCES = {
    "personal": {
        "": (
            "Das wollte ich unbedingt zeigen.",
            "Für alle, die gern genau hinsehen: Das ist mein Fund.",
            "Ich frage mich, welches Bild anderen am besten gefällt.",
            "Ich könnte den ganzen Tag hinsehen.",
            "Ich bin gespannt, was andere in diesem Film sehen.",
            "Für alle, die mir lieb sind.",
            "Das musste ich einfach teilen.",
            "Davon bekomme ich nicht genug.",
            "Diesen Film sehe ich mir gleich noch einmal an.",
            "Ein kleiner Gruß von mir.",
            "Mir gefällt dieser Film sehr.",
            "An diesem Film bin ich hängen geblieben.",
        ),
        "between": ("Mein liebstes Bild liegt irgendwo in der Mitte.",),
    },
    "promotional": {
        "": (
            "Bei MoMA Lisa entsteht aus zwei Prompts ein eigener Spaziergang.",
            "Der nächste Spaziergang wartet bei MoMA Lisa.",
            "Gemalt bei MoMA Lisa, wo aus Prompts Filme werden.",
            "Eigene Ideen werden bei MoMA Lisa zu Filmen.",
            "Was soll sich als Nächstes verwandeln? Bei MoMA Lisa ist alles offen.",
            "Zwei Prompts genügen: Bei MoMA Lisa beginnt der eigene Spaziergang.",
            "Lust auf einen eigenen Spaziergang? MoMA Lisa malt ihn.",
            "Selbst ausprobieren: bei MoMA Lisa.",
        ),
        "public": (
            "Der ganze Film ist bei MoMA Lisa zu sehen.",
            "Jetzt bei MoMA Lisa: ansehen lohnt sich.",
            "Dieser und weitere Spaziergänge hängen in der Galerie von MoMA Lisa.",
            "Zu sehen in der Galerie von MoMA Lisa.",
        ),
    },
    "academic": {
        "": (
            "Latenter Spaziergang, {frames} Bilder, {year}; MoMA Lisa, Nr. {number}.",
            "Dieser Film ({year}, {frames} gemalte Bilder) ist zitierbar als MoMA Lisa, Nr. {number}.",
            "Technik: latenter Spaziergang durch ein Diffusionsmodell. Umfang: {frames} Bilder. Datierung: {year}.",
            "Katalogeintrag: MoMA Lisa, Nr. {number}, {year}.",
            "Nachweis: MoMA Lisa, Nr. {number} ({year}), ein latenter Spaziergang in {frames} Bildern.",
            "Technik: latenter Spaziergang durch ein Diffusionsmodell ({frames} Bilder, {year}).",
            "Dieser Film wurde {year} von einem Diffusionsmodell gemalt und hat bei MoMA Lisa die Nr. {number}.",
            "Die {frames} Bilder dieses Spaziergangs malte {year} ein Diffusionsmodell.",
            "Quelle: MoMA Lisa, Nr. {number}; erzeugt von einem Diffusionsmodell, {year}.",
        ),
        "prompts": (
            "Dieser Film wurde von einem Diffusionsmodell aus Prompts gemalt ({frames} Bilder, {year}).",
            "In Anführungszeichen stehen Prompts, aus denen dieser Film gemalt wurde (Nr. {number}, {year}).",
        ),
        "between": (
            "Die Bilder zwischen den Stationen entstanden durch Interpolation im latenten Raum eines Diffusionsmodells "
            "(MoMA Lisa, {year}).",
        ),
        "between prompts": (
            "Die Bilder zwischen den Stationen sind zwischen den Prompts interpoliert (Nr. {number}, {year}).",
        ),
        "returns": ("Der Film kehrt an seinen Anfang zurück (MoMA Lisa, Nr. {number}, {year}).",),
    },
}
LABEL = "Ein latenter Spaziergang durch {route}, in {frames} Bildern."
