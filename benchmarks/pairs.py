"""The pairs of prompts for measurements, drawn at random from the names that the first built-in model knows.

They are ``random.Random(20261120).sample(names, 104)`` of its ``concepts.json``, two by two, and were not looked at
before. The first twelve pairs are for tuning, all others only for reports. If a pair of ``REPORT`` is used for tuning,
new pairs must be drawn.
"""

TUNING = (
    ("nesting dolls", "envelope with arrow"),
    ("mantelpiece clock", "dumpling"),
    ("peacock", "person in tuxedo"),
    ("ribbon", "leg"),
    ("basketball", "police officer"),
    ("health worker", "pouring liquid"),
    ("lizard", "crown"),
    ("motorway", "bank"),
    ("person running facing right", "carpentry saw"),
    ("pie", "leftwards pushing hand"),
    ("skull", "man"),
    ("ferris wheel", "hamsa"),
)
"""Pairs on which settings and pacing are tuned."""

REPORT = (
    ("tornado", "oil drum"),
    ("amphora", "parachute"),
    ("bus stop", "face with open eyes and hand over mouth"),
    ("wrench", "sunflower"),
    ("tram car", "bug"),
    ("ice skate", "dvd"),
    ("pile of poo", "1st place medal"),
    ("fearful face", "outbox tray"),
    ("pencil", "globe showing americas"),
    ("radio", "briefs"),
    ("microphone", "bellhop bell"),
    ("bagel", "wind face"),
    ("horizontal traffic light", "face with tears of joy"),
    ("nazar amulet", "slightly frowning face"),
    ("credit card", "clinking beer mugs"),
    ("skunk", "bust in silhouette"),
    ("see-no-evil monkey", "person in motorized wheelchair facing right"),
    ("office building", "pot of food"),
    ("church", "cricket game"),
    ("office worker", "lying face"),
    ("loudly crying face", "video camera"),
    ("blueberries", "zipper-mouth face"),
    ("bacon", "purple heart"),
    ("dog face", "squinting face with tongue"),
    ("collision", "grinning cat with smiling eyes"),
    ("poultry leg", "motor boat"),
    ("blossom", "ice"),
    ("angry face with horns", "fire engine"),
    ("broken chain", "face with symbols on mouth"),
    ("ninja", "old woman"),
    ("cold face", "manual wheelchair"),
    ("face blowing a kiss", "snake"),
    ("person playing water polo", "hammer and wrench"),
    ("zany face", "key"),
    ("hourglass not done", "chocolate bar"),
    ("pushpin", "diya lamp"),
    ("fire", "drop of blood"),
    ("wood", "desert"),
    ("backpack", "confused face"),
    ("selfie", "unlocked"),
)
"""Pairs for reports; the first ten where all of them would take too long."""
