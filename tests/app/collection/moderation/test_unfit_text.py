"""What the house's lists call unfit: found in other spellings, scripts and languages, and not in innocent words."""

import pytest

from app.collection.moderation import unfit_text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a porn star", "sex"),
        ("sexy teen girls", "minors"),
        ("two naked women on a beach", "nudity"),
        ("a woman who is nude", "nudity"),
        ("a nakedwoman", "nudity"),
        ("a field of GORE", "cruelty"),
        ("a man stabbing his wife", "cruelty"),
        ("a swastika flag", "hatred"),
        ("kill all the jews", "hatred"),
        ("slitting my wrists", "harm"),
        ("a line of coke", "drugs"),
        ("what the shit", "coarse"),
        # Innocent words hide nothing beside them.
        ("a naked mole-rat and a naked woman", "nudity"),
        ("Scunthorpe, you cunt", "coarse"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert unfit_text.find(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "p0rn", "pörn", "P O R N", "p.o.r.n", "p-o-r-n", "p_o_r_n", "por n", "po rn", "p*rn", "pooorrrn",
        "ｐｏｒｎ", "роrn",
        "po\u200brn", "po\u00adrn", "𝔭𝔬𝔯𝔫", "PoRnO", "p0rn!", "(porn)", "porn,kite", "a p@rn", "p#rn",
        "po🔥rn", "p🔥o🔥r🔥n", "p 0 r n", "🍆💦", "🔞 a poster",
    ],
)  # fmt: skip
def test_word_is_found_however_it_is_spelled(text: str) -> None:
    assert unfit_text.find(text) == "sex"


@pytest.mark.parametrize(
    "text", ["n a k e d   w o m a n", "n4k3d w0m4n", "nаkеd wоmаn", "n.a.k.e.d woman", "nakedd womman"]
)
def test_two_words_are_found_however_they_are_spelled(text: str) -> None:
    assert unfit_text.find(text) in ("nudity", "minors")


@pytest.mark.parametrize(
    "text",
    [
        "nackte Frau", "Hurensohn", "femme nue", "fils de pute", "mujer desnuda", "hijo de puta", "donna nuda",
        "vaffanculo", "mulher nua", "naakte vrouw", "naga kobieta",
        "голая женщина", "иди нахуй", "裸の女性", "操你妈", "씨발", "شرموطة",
        "с и с ь к и", "से.क्स", "セッ○ス", "p0lla enorme", "تحيا داعش", "al q.a.e.d.a forever",
        "çıplak kadın", "Selbstmord", "cocaína", "自殺", "knulla", "meztelen nő",
    ],
)  # fmt: skip
def test_other_languages_are_read(text: str) -> None:
    assert unfit_text.find(text)


@pytest.mark.parametrize(
    "text",
    [
        "a naked mole-rat", "Scunthorpe", "a shot of whisky", "breast of chicken", "cock-a-doodle-doo",
        "a great tit on a branch",
        "the pen is red", "shiitake mushrooms", "Essex and Sussex", "Moby Dick the whale", "an ass in a lion's skin",
        "a murder of crows", "a Bloody Mary", "the hanging gardens of Babylon", "a shooting star above a man",
        "assassin bugs",
        "Nude Descending a Staircase", "a marble statue of a nude woman", "grapes and a therapist",
        "a field of rape seed",
        "Titian", "a spic and span kitchen", "a Maine Coon", "analog clocks", "cumulus clouds",
        "cockatoos in a cockpit",
        "ein Nacktmull", "Nacktschnecke", "ein Dickicht", "дождь и мандарины", "команда", "барсук", "女の子と猫",
        "страхование",
        "x-ray of a hand", "1920s R2D2", "a $100 bill", "rock 'n' roll!", "a 4x4 truck, 455 ducks", "push it",
        "Van Gogh",
        "a kiss", "two women laughing", "a baby in a bath", "a heroine in a cape", "a joint of beef",
        "a crack in the wall",
        "चंद्रमा", "पलाश के फूल", "قتل الوقت", "カロリーメイト", "tetas de monja", "a 🍆 and a 🍑 in a basket",
        "", " ", "*", "***", "\u200b", "a" * 3000, "🦜", "@", "~ ~ ~", "\ud800",
        "blue-footed boobies", "Hindu swastika rangoli", "a suicide palm", "a flayed ox", "working hard on homework",
    ],
)  # fmt: skip
def test_innocent_words_are_left_alone(text: str) -> None:
    assert unfit_text.find(text) == ""


def test_less_is_refused_of_what_is_to_be_left_out() -> None:
    assert unfit_text.find("nudity, blood, gore, porn", is_left_out=True) == ""
    assert unfit_text.find("nudity, niggers", is_left_out=True) == "hatred"


def test_what_is_allowed_is_not_found_elsewhere_it_is() -> None:
    assert unfit_text.find("the gore of a dress", allowed=["gore of a dress"]) == ""
    assert unfit_text.find("the gore of a fight", allowed=["gore of a dress"]) == "cruelty"
    assert unfit_text.find("naked women", allowed=["naked"]) == ""
    assert unfit_text.find("f*ck", allowed=["naked"]) == "coarse"


def test_all_lists_are_read() -> None:
    kinds = {kind for file in unfit_text.FOLDER.glob("*.txt") for kind, _ in unfit_text._lines(file) if kind}
    assert kinds == set(unfit_text.KINDS)
