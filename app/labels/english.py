"""What captions say in English. Prompts stand in quotation marks, as titles do: that keeps sentences whole.

Lines stand under what must be true of a film for them to be said, as :class:`app.labels.descriptions.Description`
names it; those under ``""`` are true of any.
"""

from __future__ import annotations

AND = " and "
MARKS = "“{}”"
MARKS_WITHIN = r"‘\1’"
PHOTO = "a photo"
TONES = {
    "quirky": {
        "": (
            "Nobody asked {first} about becoming {last}, yet here we are.",
            "{first} went out for a stroll and met {last}. Hats were optional.",
            "A perfectly sensible way to get from {first} to {last}, if one has no map and no sense.",
            "Odd neighbours, these: {first} and {last}, and now they share a film.",
            "File under F for film: {first}, see also {last}.",
            "Whoever left {first} alone with {last} has some explaining to do.",
            "Somewhere a librarian is trying to shelve {first} next to {last}.",
            "Recipe: take {first}, shake well, serve as {last}.",
            "Is {last} what {first} does on Sundays? This film thinks so.",
            "Not on any map: the road from {first} to {last}.",
            "Why {first}? Why {last}? Well, why not?",
        ),
        "ends between": ("Step one: {first}. Last step: {last}. Ask no questions about what lies between.",),
        "onward": ("It took {frames} pictures to talk {first} into being {last}.",),
        "between": ("Somewhere between {first} and {last} there is a picture that has no name. Good luck to it.",),
        "gradual": ("Turn {first} a little, then a little more. Oops: {last}.",),
        "returns": (
            "{first} pops over to {last} and comes home again, as if nothing had happened.",
            "From {first} to {last} and back: somebody must have forgotten the umbrella.",
        ),
    },
    "funny": {
        "": (
            "{first} walks into a bar. The barman says: not you again, {last}!",
            "{first} had one job. Now look: {last}!",
            "Doctor, I keep turning from {first} into {last}. – Relax, it is only a film.",
            "Before coffee: {first}. After coffee: {last}. No coffee was harmed.",
            "Breaking news: {first} denies any relation to {last}. The film says otherwise.",
            "Plot twist of the year: {first} was {last} in a false moustache all along.",
            "The diet plan that turned {first} into {last}. Results may vary. Ha!",
            "My horoscope said {first}. It never mentioned {last}. I want my money back!",
            "Customer review: ordered {first}, received {last}. Five stars, would be confused again.",
            "Knock, knock. – Who’s there? – {first}. – Funny, you look like {last}!",
            "Lost: {first}. Found: {last}. The lost-property office is speechless.",
            "Budget cuts: {first} and {last} now have to share one dressing room. Ha!",
        ),
        "onward": ("It takes only {frames} frames to mistake {first} for {last}. Get that machine some glasses!",),
        "returns": (
            "{first} tries life as {last}, then wants the old job back. Typical Monday!",
            "{first} becomes {last}, remembers that the oven is on, and goes home. Ha!",
        ),
    },
    "serious": {
        "": (
            "In this film, {first} gives way to {last}.",
            "The transition from {first} to {last} is the subject of this film.",
            "What separates {first} from {last} is treated here as a distance that can be crossed.",
            "This film sets {first} and {last} in relation to each other.",
            "The film begins with {first} and leads to {last}.",
            "The question here is how {first} can become {last}.",
            "This film places {first} beside {last} and leaves the comparison to the eye.",
            "Seen together, {first} and {last} raise the question of what a picture keeps when it changes.",
            "{first} and {last} are the poles of this film.",
            "Starting from {first}, the film asks what leads to {last}.",
        ),
        "ends": ("The film begins with {first} and ends with {last}.",),
        "onward": ("In {frames} frames, {first} gives way to {last}.",),
        "between": (
            "The frames between {first} and {last} belong wholly to neither.",
            "The path from {first} to {last} is shown as a sequence of painted frames.",
        ),
        "gradual": ("{first} and {last} are joined here by gradual change.",),
        "returns": (
            "The film leads from {first} to {last} and returns.",
            "Having reached {last}, the film goes back to {first}.",
        ),
    },
    "happy": {
        "": (
            "What a joy: {first} becomes {last}!",
            "Hooray for {first}, hooray for {last}, and hooray for everyone who is watching!",
            "Here is a smile for today: {first} on the merry way to {last}!",
            "Good news! {first} and {last} have found each other!",
            "Let the sun in: {first} is turning into {last}!",
            "So much happiness in one film: {first} turns into {last}!",
            "Best friends at first sight: {first} and {last}!",
            "Today is a good day, for {first} is off to meet {last}!",
            "Clap your hands: here come {first} and {last}!",
            "Nothing cheers up a day like {first} on a visit to {last}!",
            "How wonderful: a whole film for {first} and {last}!",
            "A happy day for {first}, and a happier one for {last}!",
        ),
        "onward": (
            "From {first} to {last} in {frames} cheerful frames. Lovely!",
            "{frames} frames of pure delight, from {first} to {last}!",
        ),
        "between": ("Hooray for {first}, hooray for {last}, and hooray for every frame between them!",),
        "returns": (
            "Off to {last} and happily home to {first}!",
            "Hooray: from {first} to {last}, and home again!",
        ),
    },
    "poetic": {
        "": (
            "As evening leans on day, so {first} leans on {last}.",
            "Every shape is a river: it rises at {first} and flows on to {last}.",
            "{first} is a dream, and {last} is the waking.",
            "One line of light, drawn from {first} to {last}.",
            "What the night calls {first}, the morning calls {last}.",
            "Under the name of {first} sleeps {last}.",
            "Say {first} to the water, and the water answers {last}.",
            "{first} passes like wind, and {last} is the grass that remembers.",
            "A door of mist stands open: here {first}, there {last}.",
            "{first} whispers, and far away {last} begins to bloom.",
            "Two lanterns on one dark river: {first} and {last}.",
        ),
        "between": ("Between {first} and {last}, a silence that learns to change its shape.",),
        "gradual": (
            "Softly {first} loosens its outline, and {last} comes like a tide.",
            "Slowly, as snow forgets the hill, {first} forgets itself and is {last}.",
            "{first} dissolves like breath on a window; behind it waits {last}.",
        ),
        "returns": (
            "As the tide goes out and comes home, so {first} goes out to {last} and comes home.",
            "Every moon returns: {first} wanes into {last} and waxes again.",
        ),
    },
}
AUDIENCES = {
    "personal": {
        "": (
            "I wanted to show you this one.",
            "I thought of you when I saw this film.",
            "Tell me which frame you like best.",
            "I could look at this film all day.",
            "Let me know what you see in this film.",
            "This one is for my friends.",
            "What does this make you think of?",
            "I had to share this with you.",
            "I hope that you enjoy this as much as I do.",
            "Watch this with me.",
            "Write to me when you have watched this film.",
            "Guess why I like this one.",
        ),
        "between": ("My favourite frame is somewhere in the middle. And yours?",),
    },
    "promotional": {
        "": (
            "Make a walk of your own at MoMA Lisa.",
            "Two prompts are enough for a walk of your own: try it at MoMA Lisa.",
            "Visit MoMA Lisa and have the next film painted.",
            "What would you turn into what? Find out at MoMA Lisa.",
            "Painted at MoMA Lisa, where prompts become films.",
            "Bring your own ideas to MoMA Lisa and watch them turn into films.",
            "Your turn: choose two prompts at MoMA Lisa.",
            "Come to MoMA Lisa and begin a walk of your own.",
        ),
        "public": (
            "See the whole film at MoMA Lisa.",
            "Now showing at MoMA Lisa: come and look.",
            "Discover this and more walks in the gallery of MoMA Lisa.",
            "On view now in the gallery of MoMA Lisa.",
        ),
    },
    "academic": {
        "": (
            "Latent walk, {frames} frames, {year}; MoMA Lisa, no. {number}.",
            "This film ({year}, {frames} painted frames) may be cited as MoMA Lisa, no. {number}.",
            "Medium: latent walk through a diffusion model. Extent: {frames} frames. Date: {year}.",
            "Catalogue entry: MoMA Lisa, no. {number}, {year}.",
            "Reference: MoMA Lisa, no. {number} ({year}), a latent walk in {frames} frames.",
            "Technique: latent walk through a diffusion model ({frames} frames, {year}).",
            "This film was painted by a diffusion model in {year} and is no. {number} at MoMA Lisa.",
            "The {frames} frames of this walk were painted by a diffusion model in {year}.",
            "Source: MoMA Lisa, no. {number}; generated by a diffusion model, {year}.",
        ),
        "prompts": (
            "This film was painted from text prompts by a diffusion model ({frames} frames, {year}).",
            "The titles in quotation marks are prompts from which this film was painted (no. {number}, {year}).",
        ),
        "between": (
            "The frames between the stops were generated by interpolation in the latent space of a diffusion model "
            "(MoMA Lisa, {year}).",
        ),
        "between prompts": (
            "The frames between the stops are interpolated between the prompts (no. {number}, {year}).",
        ),
        "returns": ("The film returns to its beginning (MoMA Lisa, no. {number}, {year}).",),
    },
}
MEDIUM = "Film, colour, silent"
MEDIUM_IN = "Film, colour, silent: latent walk in {hands}"
EDITION = "Walk {number}, open edition"
INTO = " into "
LABEL = "A latent walk through {route}, in {frames} frames."
