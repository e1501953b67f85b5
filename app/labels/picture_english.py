"""What captions say of a single picture in English. What it shows stands in quotation marks: it may be a guess.

Lines stand under what must be true of a picture, as :class:`app.labels.pictures.Picture` names it.
"""

from __future__ import annotations

MARKS = "“{}”"
MARKS_WITHIN = r"‘\1’"
TONES = {
    "quirky": {
        "named": (
            "{shows} dropped in unannounced and has not left since.",
            "File under P for picture; see also {shows}, see also biscuits.",
            "{shows}, as seen by somebody with a slightly tilted head.",
            "May contain {shows} and traces of hazelnut.",
            "Somewhere a sock is missing, and now there is {shows}. Coincidence?",
            "Is it {shows}, or a hat-stand with ambitions?",
            "If {shows} had a library card, this would be the picture on it.",
            "On Tuesdays, {shows} answers to the name of Gerald.",
        ),
        "unnamed": (
            "Look at it with the left eye first. The right one may follow on Tuesday.",
            "A picture that would like to be addressed as Your Excellency.",
            "Please do not feed this picture after midnight.",
            "One picture, slightly sideways in spirit.",
            "If pictures wore hats, this one would choose a colander.",
            "This picture has opinions about spoons.",
            "Somewhere a sock is missing, and now there is this picture. Coincidence?",
            "To be viewed upside down by experts only.",
        ),
    },
    "funny": {
        "named": (
            "I asked for a serious portrait and got {shows}. Five stars!",
            "Breaking news: {shows} refuses to comment. Our reporter was bribed with a biscuit!",
            "{shows} had one job: to hold still. Ha! Close enough.",
            "Caption wanted for {shows}. This one was on special offer, ha!",
            "Doctor, I keep seeing {shows}! – Then stop looking at this picture.",
            "Knock, knock. – Who’s there? – {shows}. – Sorry, the wall is full!",
            "Still better than any passport photo of mine: {shows}. Ha!",
            "{shows} walks into a bar. The barman says: smile, please!",
        ),
        "unnamed": (
            "A picture is worth a thousand words, and I forgot all of them. Ha!",
            "My other picture is a masterpiece. This one does the dishes!",
            "I had one job: to write a caption. Look, over there, a picture!",
            "Breaking news: picture refuses to explain itself. Caption resigns!",
            "The caption called in sick today. The picture sends its regards, ha!",
            "Five stars! The picture arrived in one piece, unlike my toaster.",
            "Knock, knock. – Who’s there? – A picture. – Leave it at the door, the wall is full!",
            "Doctor, I keep looking at this picture! – That makes two of us!",
        ),
    },
    "serious": {
        "named": (
            "This picture is described as {shows}.",
            "The subject of this picture is given as {shows}.",
            "Under the description {shows}, the picture asks to be looked at closely.",
            "What does the picture add to the words {shows}? That is for the eye to decide.",
            "{shows}: a description, and a picture to compare with it.",
            "The words {shows} are one reading of this picture.",
            "To look closely is to ask how far the words {shows} go.",
            "Between the words {shows} and the picture lies the work of looking.",
        ),
        "unnamed": (
            "This picture is shown without a description.",
            "What this picture shows is left to those who look at it.",
            "The picture comes without words, so the eye has to begin.",
            "To look at a picture without a title is a way of looking more closely.",
            "No description stands beside this picture; the looking comes first.",
            "The question here is what a picture says when nobody speaks for it.",
            "This picture asks for time rather than for words.",
            "A picture without a description is a question about what is seen.",
        ),
    },
    "happy": {
        "named": (
            "What a joy: {shows}!",
            "Hooray for {shows}, and hooray for everyone who is looking!",
            "A smile for today: {shows}!",
            "Let the sun in, and with it {shows}!",
            "Nothing cheers up a day like {shows}!",
            "Clap your hands for {shows}!",
            "Good news of the day: {shows}! How lovely!",
            "Today is a good day, a day with {shows}!",
        ),
        "unnamed": (
            "What a lovely thing to look at!",
            "Hooray for pictures, and hooray for everyone who is looking!",
            "A smile for today, in the shape of a picture!",
            "Let the sun in: here is a picture to be glad about!",
            "Nothing cheers up a day like a picture!",
            "Clap your hands, here comes a picture!",
            "Good news of the day: there is a picture to enjoy!",
            "Today is a good day, for it has this picture in it!",
        ),
    },
    "poetic": {
        "named": (
            "{shows}, held for the length of one breath.",
            "As a lake keeps the sky, this picture keeps {shows}.",
            "Say {shows} softly, and the evening turns its head.",
            "Light came a long way to rest upon {shows}.",
            "Under the name of {shows}, a whole silence lies asleep.",
            "What the wind forgets, the picture remembers: {shows}.",
            "A window in a dark house, and in it {shows}.",
            "{shows}: a lantern of words, carried through the dusk.",
        ),
        "unnamed": (
            "A picture, held for the length of one breath.",
            "It has no name, as the wind has none, and passes through us all the same.",
            "Light came a long way to rest here.",
            "A window in a dark house, and nobody has drawn the curtain.",
            "What the day forgets, a picture keeps like a pearl in the dark.",
            "It says nothing, as the moon says nothing, and the tide comes all the same.",
            "Somewhere between two heartbeats, this.",
            "A stillness, like snow on an unread letter.",
        ),
    },
}
AUDIENCES = {
    "personal": {
        "": (
            "I wanted to show you this one.",
            "I thought of you when I saw this.",
            "What does this make you think of?",
            "I could look at this all day.",
            "This one is for my friends.",
            "I had to share this with you.",
            "Tell me what you see in it.",
            "I hope that you like it as much as I do.",
        ),
    },
    "promotional": {
        "": (
            "Bring a picture of your own to MoMA Lisa and watch it turn into something else.",
            "At MoMA Lisa, a picture such as this can be where a walk begins.",
            "What could it turn into? Find out at MoMA Lisa.",
            "Your turn: make a picture of yours the first stop of a walk at MoMA Lisa.",
            "Visit MoMA Lisa and have a film painted from a picture of your own.",
            "MoMA Lisa turns pictures into films: come and try it.",
            "Begin a walk with your own picture at MoMA Lisa.",
            "Pictures go for a walk at MoMA Lisa. Come along.",
        ),
    },
    "academic": {
        "": (
            "Digital image, {width} × {height} pixels; author and date are not recorded.",
            "Medium: digital image. Size: {width} × {height} pixels. Date: not recorded.",
            "Extent: one image of {width} × {height} pixels; provenance not recorded.",
            "Catalogue entry: digital image, undated, {width} × {height} pixels.",
            "For reference: one digital image ({width} × {height} pixels), undated.",
            "Format: {width} × {height} pixels; source and date to be supplied before it is cited.",
        ),
        "guessed": (
            "The description in quotation marks is an image model’s guess and has not been verified.",
            "Described by an image model, without verification ({width} × {height} pixels).",
        ),
        "told": (
            "The description in quotation marks was supplied with the image and has not been verified.",
            "Description as supplied with the image ({width} × {height} pixels).",
        ),
        "unnamed": (
            "No description is recorded for this image ({width} × {height} pixels).",
            "Subject not identified; {width} × {height} pixels.",
        ),
    },
}
UNTITLED = "Untitled"
GUESSED = "Untitled ({shows})"
MEDIUM = "Digital image, {width} × {height} pixels"
EDITION = "Single image, undated"
LABEL = {
    "guessed": "The words in brackets are an image model’s guess at what it shows.",
    "told": "Its title is the description that was given with it.",
    "unnamed": "What it shows is left to those who look at it.",
}
