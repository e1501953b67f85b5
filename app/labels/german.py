"""What captions say in German, under the same conditions as in English. Prompts stand in quotation marks.

They are never declined, and nobody is addressed.
"""

from __future__ import annotations

AND = " und "
MARKS = "„{}“"
MARKS_WITHIN = r"‚\1‘"
PHOTO = "Foto ohne Titel"
TONES = {
    "quirky": {
        "": (
            "Niemand hat nach dem Weg von {first} zu {last} gefragt. Nun gibt es ihn.",
            "Eigentlich nur ein Spaziergang mit {first}, und dann die Begegnung mit {last}. So kann es kommen.",
            "Der vernünftigste Weg von {first} zu {last}, wenn die Landkarte gerade verliehen ist.",
            "Seltsame Nachbarschaft: {first} und {last}, nun im selben Film.",
            "Unter F wie Film: {first}, siehe auch {last}.",
            "Wer {first} mit {last} allein lässt, hat einiges zu erklären.",
            "Irgendwo sucht eine Bibliothek noch das Regal für {first} und {last}.",
            "Rezept: {first} gut schütteln und als {last} servieren.",
            "Werktags {first}, sonntags {last}? Dieser Film meint: Ja.",
            "Auf keiner Karte verzeichnet: die Straße von {first} zu {last}.",
            "Warum {first}? Warum {last}? Warum eigentlich nicht?",
            "Erst {first}, dann ein Schritt zur Seite, hoppla: {last}.",
        ),
        "ends between": ("Schritt eins: {first}. Letzter Schritt: {last}. Dazwischen bitte keine Fragen.",),
        "onward": ("Es brauchte {frames} Bilder, um {first} zu {last} zu überreden.",),
        "between": ("Irgendwo zwischen {first} und {last} gibt es ein Bild ohne Namen. Viel Glück bei der Suche.",),
        "returns": (
            "Ein kurzer Besuch von {first} bei {last}, und dann wieder heim, als wäre nichts gewesen.",
            "Von {first} zu {last} und zurück: Da hat wohl jemand den Schirm vergessen.",
        ),
    },
    "funny": {
        "": (
            "Kommt man als {first} in eine Bar, sagt der Wirt: Schon wieder {last}!",
            "Eine einzige Aufgabe für {first}. Und jetzt das: {last}!",
            "Hilfe, eben war ich noch {first}, jetzt bin ich {last}! – Ruhig, das ist nur ein Film.",
            "Vor dem Kaffee: {first}. Nach dem Kaffee: {last}. Kein Kaffee kam dabei zu Schaden.",
            "Eilmeldung: {first} und {last} bestreiten jede Verwandtschaft. Der Film sagt etwas anderes.",
            "Überraschung unter dem falschen Bart von {first}: {last}, und das die ganze Zeit!",
            "Mit nur einer Diät von {first} zu {last}. Ohne Gewähr, haha!",
            "Im Horoskop stand nur: {first}. Von {last} war nie die Rede. Geld zurück!",
            "Bestellt: {first}. Geliefert: {last}. Fünf Sterne, gern wieder verwirrt.",
            "Klopf, klopf. – Wer da? – {first}. – Moment, das klingt doch nach {last}!",
            "Verloren: {first}. Gefunden: {last}. Das Fundbüro ist sprachlos.",
            "Sparmaßnahme: {first} und {last} teilen sich jetzt eine Garderobe. Haha!",
        ),
        "onward": (
            "Nur {frames} Bilder, und schon verwechselt man {first} mit {last}. Die Maschine braucht eine Brille!",
        ),
        "returns": (
            "Von {first} zu {last} befördert, und dann doch lieber zurück auf die alte Stelle. Typisch Montag!",
            "Von {first} zu {last}, dann der Gedanke an den Herd, und schnell wieder heim. Haha!",
        ),
    },
    "serious": {
        "": (
            "Dieser Film lässt {first} in {last} übergehen.",
            "Der Übergang von {first} zu {last} ist das Thema dieses Films.",
            "Was {first} von {last} trennt, erscheint hier als Strecke, die sich überwinden lässt.",
            "Dieser Film setzt {first} und {last} zueinander in Beziehung.",
            "Der Film beginnt mit {first} und führt zu {last}.",
            "Die Frage ist hier, wie man von {first} zu {last} gelangt.",
            "Dieser Film stellt {first} neben {last} und überlässt den Vergleich dem Auge.",
            "Zusammen werfen {first} und {last} die Frage auf, was von einem Bild bleibt, wenn es sich verändert.",
            "{first} und {last} sind die Pole dieses Films.",
            "Ausgehend von {first} fragt der Film, was zu {last} führt.",
        ),
        "ends": ("Der Film beginnt mit {first} und endet mit {last}.",),
        "onward": ("In {frames} Bildern vollzieht sich der Übergang von {first} zu {last}.",),
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
            "Was für eine Freude: der Weg von {first} zu {last}!",
            "Ein Hoch auf {first}, ein Hoch auf {last} und auf alle, die zusehen!",
            "Ein Lächeln für heute: {first} auf dem Weg zu {last}!",
            "Gute Nachricht! {first} und {last} haben sich gefunden!",
            "Herein mit der Sonne: Von {first} geht es zu {last}!",
            "So viel Glück in einem Film: erst {first}, dann {last}!",
            "Freundschaft auf den ersten Blick: {first} und {last}!",
            "Heute ist ein guter Tag, denn {first} und {last} treffen sich!",
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
            "Wie der Abend sich an den Tag lehnt, so lehnen {first} und {last} aneinander.",
            "Jede Form ist ein Fluss: Er entspringt bei {first} und strömt zu {last}.",
            "Der Traum heißt {first}, und das Erwachen heißt {last}.",
            "Eine Linie aus Licht, gezogen von {first} zu {last}.",
            "Was die Nacht {first} nennt, nennt der Morgen {last}.",
            "Unter dem Namen {first} schläft der Name {last}.",
            "Das Wasser hört {first} und antwortet mit {last}.",
            "Der Wind, der vorbeizieht, heißt {first}, und das Gras, das sich erinnert, heißt {last}.",
            "Eine Tür aus Nebel steht offen: hier {first}, dort {last}.",
            "Ein Flüstern von {first}, und in der Ferne ein Blühen: {last}.",
            "Zwei Laternen auf einem dunklen Fluss: {first} und {last}.",
        ),
        "between": ("Zwischen {first} und {last} eine Stille, die sich verwandelt.",),
        "gradual": (
            "Leise lässt das Bild {first} vergehen, und wie die Flut bringt es {last}.",
            "Wie Atem am Fenster: {first}, schon im Vergehen; dahinter {last}.",
        ),
        "returns": (
            "Wie die Flut geht und heimkehrt, so führt der Weg von {first} zu {last} und wieder heim.",
            "Jeder Mond kehrt wieder, so auch dieser: voll als {first}, schmal als {last} und wieder voll.",
        ),
    },
}
AUDIENCES = {
    "personal": {
        "": (
            "Das wollte ich unbedingt zeigen.",
            "Für alle, die gern genau hinsehen: meine Entdeckung.",
            "Ich frage mich, welches Bild anderen am besten gefällt.",
            "Ich könnte den ganzen Tag zusehen.",
            "Ich bin gespannt, was andere in diesem Film sehen.",
            "Für alle, die mir lieb sind.",
            "Das musste ich einfach teilen.",
            "Davon kann ich nicht genug bekommen.",
            "Diesen Film sehe ich mir gleich noch einmal an.",
            "Ein kleiner Gruß von mir.",
            "Mir gefällt dieser Film sehr.",
            "An diesem Film bin ich hängen geblieben.",
        ),
        "between": ("Mein Lieblingsbild liegt irgendwo in der Mitte.",),
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
            "Jetzt bei MoMA Lisa: Ansehen lohnt sich.",
            "Dieser und weitere Spaziergänge hängen in der Galerie von MoMA Lisa.",
            "Zu sehen in der Galerie von MoMA Lisa.",
        ),
    },
    "academic": {
        "": (
            "Latenter Spaziergang, {frames} Bilder, {year}; MoMA Lisa, Nr. {number}.",
            "Dieser Film ({year}, {frames} gemalte Bilder) ist zitierbar als MoMA Lisa, Nr. {number}.",
            "Technik: latenter Spaziergang durch ein Diffusionsmodell. Umfang: {frames} Bilder. Datierung: {year}.",
            "Eintrag: MoMA Lisa, Nr. {number}, {year}.",
            "Nachweis: MoMA Lisa, Nr. {number} ({year}), ein latenter Spaziergang in {frames} Bildern.",
            "Technik: latenter Spaziergang durch ein Diffusionsmodell ({frames} Bilder, {year}).",
            "Dieser Film wurde {year} von einem Diffusionsmodell gemalt und hat bei MoMA Lisa die Nr. {number}.",
            "Die {frames} Bilder dieses Spaziergangs malte {year} ein Diffusionsmodell.",
            "Quelle: MoMA Lisa, Nr. {number}; erzeugt von einem Diffusionsmodell, {year}.",
        ),
        "prompts": (
            "Dieser Film wurde von einem Diffusionsmodell nach Prompts gemalt ({frames} Bilder, {year}).",
            "In Anführungszeichen stehen Prompts, nach denen dieser Film gemalt wurde (Nr. {number}, {year}).",
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
MEDIUM = "Film, Farbe, ohne Ton"
MEDIUM_IN = "Film, Farbe, ohne Ton: latenter Spaziergang in {hands}"
EDITION = "Spaziergang {number}, offene Auflage"
INTO = " – "
LABEL = "Ein latenter Spaziergang durch {route}, in {frames} Bildern."
