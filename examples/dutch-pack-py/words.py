"""The word lists, written by hand for this example. They are read once, while the component is built: a call finds them ready."""


def _valences(*lists: tuple[float, str]) -> dict[str, float]:
    return {word: valence for valence, words in lists for word in words.split()}


# How good or bad a word is, from -3 to 3.
VALENCE = _valences(
    (3.0, "fantastisch geweldig schitterend uitmuntend perfect briljant"),
    (2.5, "uitstekend prachtig heerlijk dol super topper aanrader"),
    (2.0, "goed goede mooi mooie blij lekker lekkere fijn fijne tevreden bedankt dank snel snelle vriendelijk vriendelijke top"),
    (1.5, "leuk leuke prima handig handige netjes betrouwbaar betrouwbare behulpzaam makkelijk duidelijk"),
    (1.0, "aardig nuttig oké redelijk stabiel stil stille"),
    (-1.0, "duur dure matig matige onhandig lastig vreemd saai saaie jammer"),
    (-1.5, "traag trage vervelend vervelende moeilijk onduidelijk rommelig zwak zwakke klacht klachten"),
    (-2.0, "slecht slechte kapot stuk boos teleurgesteld teleurstellend fout fouten lelijk lelijke defect onvriendelijk probleem problemen"),
    (-2.5, "waardeloos waardeloze verschrikkelijk vreselijk vreselijke haat ellende schandalig schandalige oplichting onveilig"),
    (-3.0, "afschuwelijk walgelijk rampzalig drama"),
)

# Words that turn what follows them within three words.
NEGATION = frozenset("niet geen nooit nergens niemand niks nauwelijks zonder noch".split())

# Words that make the next one stronger or weaker.
DEGREE = {
    **dict.fromkeys("heel erg zeer ontzettend enorm super echt zo veel".split(), 1.3),
    **dict.fromkeys("beetje wat iets redelijk best nogal".split(), 0.7),
}

# Smileys and emoji that stand alone.
SIGNS = {"😀": 2.0, "😊": 2.0, "😍": 2.5, "🥰": 2.5, "👍": 2.0, "❤": 2.5, "🔥": 1.0, "😡": -2.5, "😠": -2.0, "😢": -2.0, "😞": -2.0, "👎": -2.0, "🤮": -3.0}

# Words that hardly any other language has as often: their share tells Dutch.
COMMON = frozenset(
    "de het een en van ik je dat die niet is op te in zijn er maar met voor met aan bij ook als dan nog naar heb hij ze wij we geen wel om uit over mijn jullie hun deze dit wordt worden heeft hebben was zo nu al".split()
)
