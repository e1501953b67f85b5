"""What captions say of a single picture in German, under the same conditions as in English.

What it shows is never declined, and nobody is addressed.
"""

from __future__ import annotations

MARKS = "„{}“"
MARKS_WITHIN = r"‚\1‘"
TONES = {
    "quirky": {
        "named": (
            "Unangemeldet vorbeigekommen und einfach geblieben: {shows}.",
            "Unter B wie Bild; siehe auch {shows}, siehe auch Kekse.",
            "{shows}, gesehen mit leicht schief gelegtem Kopf.",
            "Kann {shows} und Spuren von Haselnuss enthalten.",
            "Irgendwo fehlt eine Socke, und nun gibt es {shows}. Zufall?",
            "Zeigt dieses Bild {shows} oder einen Kleiderständer mit Ehrgeiz?",
            "Gäbe es einen Bibliotheksausweis für {shows}, wäre dies das Bild darauf.",
            "Dienstags unter dem Namen Günther bekannt: {shows}.",
        ),
        "unnamed": (
            "Erst mit dem linken Auge ansehen. Das rechte darf am Dienstag nachkommen.",
            "Ein Bild, das gern mit Exzellenz angesprochen werden möchte.",
            "Dieses Bild bitte nach Mitternacht nicht mehr füttern.",
            "Ein Bild, innerlich leicht schräg.",
            "Trügen Bilder Hüte, nähme dieses ein Nudelsieb.",
            "Dieses Bild hat eine Meinung zu Löffeln.",
            "Irgendwo fehlt eine Socke, und nun gibt es dieses Bild. Zufall?",
            "Kopfüber nur von Fachleuten zu betrachten.",
        ),
    },
    "funny": {
        "named": (
            "Bestellt: ein ernstes Porträt. Geliefert: {shows}. Fünf Sterne!",
            "Eilmeldung: kein Kommentar von {shows}. Haha!",
            "Einziger Auftrag an {shows}: kurz stillhalten. Haha, fast geschafft!",
            "Gesucht: eine Bildunterschrift für {shows}. Diese hier war im Angebot!",
            "Hilfe, ich sehe überall {shows}! – Keine Sorge, das ist nur ein Bild.",
            "Klopf, klopf. – Wer da? – {shows}. – Tut mir leid, die Wand ist voll!",
            "Immer noch besser als jedes Passfoto: {shows}. Haha!",
            "Kommt man als {shows} in eine Bar, sagt der Wirt: Bitte lächeln!",
        ),
        "unnamed": (
            "Ein Bild sagt mehr als tausend Worte, und mir fällt keines ein. Haha!",
            "Mein anderes Bild ist ein Meisterwerk. Dieses macht den Abwasch!",
            "Nur eine Aufgabe: die Bildunterschrift. Oh, da drüben, ein Bild!",
            "Eilmeldung: Bild verweigert jede Auskunft. Bildunterschrift tritt zurück!",
            "Die Bildunterschrift ist heute krank. Das Bild lässt grüßen, haha!",
            "Fünf Sterne! Das Bild kam heil an, anders als der Toaster.",
            "Klopf, klopf. – Wer da? – Ein Bild. – Bitte vor die Tür stellen, die Wand ist voll!",
            "Hilfe, ich sehe ständig dieses Bild! – Da sind wir schon zu zweit!",
        ),
    },
    "serious": {
        "named": (
            "Dieses Bild wird als {shows} beschrieben.",
            "Als Gegenstand dieses Bildes nennt die Beschreibung {shows}.",
            "Beschrieben mit {shows}, verlangt das Bild genaues Hinsehen.",
            "Was fügt das Bild der Beschreibung {shows} hinzu? Das entscheidet das Auge.",
            "{shows}: eine Beschreibung, und daneben ein Bild zum Vergleich.",
            "Die Beschreibung {shows} ist eine Lesart dieses Bildes.",
            "Genau hinsehen heißt fragen, wie weit die Beschreibung {shows} reicht.",
            "Zwischen der Beschreibung {shows} und dem Bild liegt die Arbeit des Sehens.",
        ),
        "unnamed": (
            "Dieses Bild wird ohne Beschreibung gezeigt.",
            "Was dieses Bild zeigt, bleibt denen überlassen, die es betrachten.",
            "Das Bild kommt ohne Worte aus; den Anfang macht das Auge.",
            "Ein Bild ohne Titel zu betrachten, heißt, genauer hinzusehen.",
            "Neben diesem Bild steht keine Beschreibung; zuerst kommt das Sehen.",
            "Die Frage ist hier, was ein Bild sagt, wenn niemand für das Bild spricht.",
            "Dieses Bild verlangt eher Zeit als Worte.",
            "Ein Bild ohne Beschreibung ist eine Frage nach dem, was zu sehen ist.",
        ),
    },
    "happy": {
        "named": (
            "Was für eine Freude: {shows}!",
            "Ein Hoch auf {shows} und auf alle, die hinsehen!",
            "Ein Lächeln für heute: {shows}!",
            "Herein mit der Sonne, und mit {shows} gleich dazu!",
            "Nichts hebt die Laune so wie {shows}!",
            "Applaus für {shows}!",
            "Die gute Nachricht des Tages: {shows}! Wie schön!",
            "Heute ist ein guter Tag, ein Tag mit {shows}!",
        ),
        "unnamed": (
            "Wie schön das anzusehen ist!",
            "Ein Hoch auf Bilder und auf alle, die hinsehen!",
            "Ein Lächeln für heute, in Form eines Bildes!",
            "Herein mit der Sonne: Hier ist ein Bild zum Freuen!",
            "Nichts hebt die Laune so wie ein Bild!",
            "Applaus, Applaus, hier kommt ein Bild!",
            "Die gute Nachricht des Tages: Es gibt ein Bild zum Freuen!",
            "Heute ist ein guter Tag, denn dieses Bild gehört dazu!",
        ),
    },
    "poetic": {
        "named": (
            "{shows}, einen Atemzug lang festgehalten.",
            "Wie ein See den Himmel, so bewahrt dieses Bild {shows}.",
            "Leise {shows} gesagt, und der Abend wendet den Kopf.",
            "Von weit her kam das Licht, um auf {shows} zu ruhen.",
            "Unter dem Namen {shows} wohnt eine große Stille.",
            "Was der Wind vergisst, behält das Bild: {shows}.",
            "Ein Fenster in einem dunklen Haus, und darin {shows}.",
            "{shows}: eine Laterne aus Worten, durch die Dämmerung getragen.",
        ),
        "unnamed": (
            "Ein Bild, einen Atemzug lang festgehalten.",
            "Namenlos wie der Wind, und doch geht es durch alle hindurch.",
            "Von weit her kam das Licht, um hier zu ruhen.",
            "Ein Fenster in einem dunklen Haus, und niemand hat den Vorhang zugezogen.",
            "Was der Tag vergisst, bewahrt ein Bild wie eine Perle im Dunkeln.",
            "Es schweigt, wie der Mond schweigt, und die Flut kommt trotzdem.",
            "Irgendwo zwischen zwei Herzschlägen: dies.",
            "Eine Stille wie Schnee auf einem ungelesenen Brief.",
        ),
    },
}
AUDIENCES = {
    "personal": {
        "": (
            "Das wollte ich unbedingt zeigen.",
            "Das musste ich einfach teilen.",
            "Davon kann ich nicht genug bekommen.",
            "Ein kleiner Gruß von mir.",
            "Mir gefällt dieses Bild sehr.",
            "Dieses Bild könnte ich den ganzen Tag ansehen.",
            "Ich bin gespannt, was andere darin sehen.",
            "Für alle, die mir lieb sind.",
        ),
    },
    "promotional": {
        "": (
            "Bei MoMA Lisa wird aus einem eigenen Bild ein Film.",
            "Mit einem Bild wie diesem kann bei MoMA Lisa ein Spaziergang beginnen.",
            "Was könnte daraus werden? Bei MoMA Lisa ist alles offen.",
            "Ein eigenes Bild als erste Station: Bei MoMA Lisa geht das.",
            "MoMA Lisa malt Filme, auch aus mitgebrachten Bildern.",
            "Auch Bilder gehen spazieren: bei MoMA Lisa.",
            "Lust auf einen Spaziergang mit dem eigenen Bild? MoMA Lisa malt ihn.",
            "Selbst ausprobieren: bei MoMA Lisa, mit einem eigenen Bild.",
        ),
    },
    "academic": {
        "": (
            "Digitales Bild, {width} × {height} Pixel; Urheberschaft und Datierung nicht verzeichnet.",
            "Technik: digitales Bild. Größe: {width} × {height} Pixel. Datierung: nicht verzeichnet.",
            "Umfang: ein Bild von {width} × {height} Pixeln; Herkunft nicht verzeichnet.",
            "Katalogeintrag: digitales Bild, undatiert, {width} × {height} Pixel.",
            "Nachweis: ein digitales Bild ({width} × {height} Pixel), undatiert.",
            "Format: {width} × {height} Pixel; Quelle und Datierung sind vor dem Zitieren zu ergänzen.",
        ),
        "guessed": (
            "Die Beschreibung in Anführungszeichen ist die ungeprüfte Vermutung eines Bildmodells.",
            "Beschrieben von einem Bildmodell, ungeprüft ({width} × {height} Pixel).",
        ),
        "told": (
            "Die Beschreibung in Anführungszeichen lag dem Bild bei und ist ungeprüft.",
            "Beschreibung wie zum Bild angegeben ({width} × {height} Pixel).",
        ),
        "unnamed": (
            "Zu diesem Bild ist keine Beschreibung verzeichnet ({width} × {height} Pixel).",
            "Gegenstand nicht bestimmt; {width} × {height} Pixel.",
        ),
    },
}
UNTITLED = "Ohne Titel"
GUESSED = "Ohne Titel ({shows})"
MEDIUM = "Digitales Bild, {width} × {height} Pixel"
EDITION = "Einzelnes Bild, undatiert"
LABEL = {
    "guessed": "In Klammern steht die Vermutung eines Bildmodells darüber, was dieses Bild zeigt.",
    "told": "Der Titel ist die Beschreibung, die zum Bild angegeben wurde.",
    "unnamed": "Was dieses Bild zeigt, bleibt denen überlassen, die es betrachten.",
}
