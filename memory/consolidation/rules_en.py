"""Rules for English."""

from __future__ import annotations

import re

from memory.consolidation.claims import ENDED
from memory.consolidation.rule import Rule, rule

_RELATIVE = (
    r"(?:(?:older|younger|elder|little|big|twin|step|half|best|ex)[ -]?)?(?:sister|brother|mother|mom|mum|father|dad|wife"
    r"|husband|partner|fiancée?|girlfriend|boyfriend|son|daughter|boss|grand(?:mother|father|ma|pa)|granny|uncle|aunt"
    r"|cousin|nephew|niece|roommate|flatmate|neighbou?r|friend)"
)
_PET = r"dog|cat|puppy|kitten|rabbit|hamster|parrot|bird|horse|turtle|tortoise|snake|guinea pig|ferret"
# People have several of these, so only a name identifies one.
_SEVERAL = re.compile(r"(?<!girl)(?<!boy)friend|cousin|neighbou?r|nephew|niece|uncle|aunt|roommate|flatmate")
_S = rf"(?<![\w'])(?:[Ii]|[Mm]y (?:new |current )?(?P<r>{_RELATIVE})(?:,? (?P<n>[A-Z][a-z]+),?)?)"
_W = rf"(?:{_S}|(?<![\w'])[Ww]e)"  # a home is shared
_NOW = r"(?: (?:now|currently|still|actually|really|also|just|already|recently|finally|both))*"
_BE = rf"(?:'m|’m|'s|’s|'re|’re| am| is| are){_NOW}"
_HAVE = r"(?: have| has|'ve|’ve|'s|’s| had)?"
_END = (
    r"(?=\s*(?:[,.;:!?()]|$| (?:and|but|because|since|so|which|who|where|when|while|although|though|with|now|these)\b))"
)
_V = rf"(?P<v>[^,.;:!?()\n]{{1,60}}?){_END}"

_UNSURE = (
    r"\?\s*$|^\W*(?:do|does|did|am|is|are|was|were) (?:i|we|my|our|you)\b|\b(?:if|wish|wonder|imagine|suppose|pretend|maybe|perhaps|might|would|could|should|probably|almost|nearly"
    r"|thinking (?:of|about)|(?:want|hope|plan|need|like|love|going|about|supposed) to (?:quit|move|leave|stop|resign|retire|live|work|be)"
    r"|joke|joking|kidding|quote|said|says|told|asked)\b|\b(?:I|i)'d\b|[\"“”]"
)
_DOUBT = re.compile(rf"{_UNSURE}|\bused to\b", re.IGNORECASE)
_UNSURE_ENDING = re.compile(_UNSURE, re.IGNORECASE)
_TIME = re.compile(
    r"\s+(?:(?:last|this|next|the other|a few|some|two|three|four|five|\d+) (?:week|month|year|day|summer|winter|spring"
    r"|autumn|fall|night|morning)s?(?: ago)?|yesterday|today|recently|originally|again|already|now|nowadays|anymore|any more|too|as well"
    r"|a lot|very much|so much|the most|at the moment|these days|right now|after all|at all|apparently|for good|for ever|forever|from now on|since \w+|on \w+day|instead|finally|in (?:the )?(?:spring|summer|autumn|fall|winter)|in (?:19|20)\d\d|in (?:January|February|March"
    r"|April|May|June|July|August|September|October|November|December)|for (?:a|\w+) (?:days|weeks|months|years?)"
    r"|to be (?:closer|near)\b.*|for (?:work|a job|my job|school|college)|together|myself|because\b.*)$",
    re.IGNORECASE,
)
_LIST = re.compile(r"\s*(?:,|\band\b|\bor\b|&)\s*")
_NO_NAME = re.compile(
    r"(?:I|Me|Back|Later|When|Tomorrow|Tonight|Today|Anytime|Old|Crazy|Maybe|Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)(?:day)?\b"
)
_EMPTY_OBJECT = re.compile(
    r"^(?:it|that|this|these|those|them|you|him|her|us|me|how|when|what|where|why|who|the (?:way|idea|fact|sound|look)"
    r"|your|his|their|its|to (?:know|ask|see if|say|hear|think|talk)|being able|one|ones|all|everything|both|so|here"
    r"|there|doing (?:it|that|this)|going there)\b",
    re.IGNORECASE,
)
_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December"
# What one moves to and is no place: programs, devices, services, plans. Also names such as "iPhone", "AWS" and "GitHub".
_NO_HOME = re.compile(
    rf"^(?:{_DAYS})\b|^[a-z]+[A-Z]|^(?!(?:USA?|UK|UAE|EU|LA|NYC?|DC|SF|NZ|PNG)\b)[A-Z]{{2,6}}\b|^[A-Z][a-z]+[A-Z]\w*$|\d"
    r"|^(?i:linux|ubuntu|windows|mac|android|ios|azure|google|the cloud|cloud|gitlab|slack|teams|zoom|discord|telegram|whats ?app|signal|wechat"
    r"|gmail|outlook|proton\w*|chrome|firefox|safari|brave|edge|vim|emacs|python|rust|java\w*|typescript|golang|go|react|vue|angular|django|flask"
    r"|postgres\w*|mysql|mongo\w*|sqlite|redis|docker|kubernetes|k8s|notion|obsidian|excel|spotify|netflix|premium|enterprise|basic|pro"
    r"|version|tier|plan|team|department|marketing|sales|finance|engineering|management|support|electric|diesel|tesla|decaf|oat|tea|coffee"
    r"|tears|bits|pieces|mastodon|twitter|facebook|instagram|bluesky|reddit|alexa|siri|chatgpt|claude|gemini|bitwarden|dropbox|icloud"
    r"|samsung|apple|pixel|huawei|xiaomi|nokia|lenovo|kindle|steam|playstation|xbox|nintendo|switch|mars|narnia|hell|heaven)\b"
)
_NO_PLACE = re.compile(
    r"^(?:an?|the|my|your|his|her|our|their|this|that|it|fear|hope|peace|harmony|pain|town|denial|here|there|bed|one"
    r"|place|next|new)\b",
    re.IGNORECASE,
)


def is_doubtful(sentence: str) -> bool:
    """Tells whether a sentence asks, wishes, supposes, reports what others said or what was once true."""
    return bool(_DOUBT.search(sentence))


def is_unsure(sentence: str) -> bool:
    """Tells the same of a sentence that ends something, which may name what was once true."""
    return bool(_UNSURE_ENDING.search(sentence))


def subject(match: re.Match[str]) -> tuple[str, str]:
    """Returns relation and name of the subject, both "" for the speaker."""
    groups = match.groupdict()
    return (groups.get("r") or "").lower().strip(), groups.get("n") or ""


def called(relation: str, name: str, speaker: str) -> str:
    """Returns the subject of the sentence to recall."""
    own = speaker or "The person"
    who = f"{possessive(own)} {relation}" if relation else own
    return f"{who} {name}" if name else who


def possessive(who: str) -> str:
    return f"{who}'" if who.endswith("s") else f"{who}'s"


def trim(text: str) -> str:
    value, before = text.strip(" '’"), ""
    while value != before:
        before, value = value, _TIME.sub("", value).strip()
    return value


def _place(text: str) -> list[str]:
    value = trim(text)
    words = value.split()
    # Names of places begin with a capital letter. In lower case only one or two words are accepted.
    if not words or len(words) > 5 or _NO_PLACE.match(value) or _NO_HOME.search(value):
        return []
    return [value] if value[0].isupper() or len(words) <= 2 else []


def is_place(text: str) -> bool:
    """Tells whether a value can be where somebody lives."""
    return bool(_place(text))


def _thing(text: str) -> list[str]:
    value = trim(text)
    return [] if not value or len(value.split()) > 6 or _EMPTY_OBJECT.match(value) else [value]


def _things(text: str) -> list[str]:
    return [value for part in _LIST.split(text) for value in _thing(part)]


def _job(text: str) -> list[str]:
    return _thing(re.split(r" (?:at|for|in) ", text, maxsplit=1)[0])


def _name(text: str) -> list[str]:
    words = trim(text).split()
    fits = 0 < len(words) <= 3 and words[0][0].isupper() and not _NO_NAME.match(text.strip())
    return [" ".join(words)] if fits else []


def _capital(text: str) -> list[str]:
    value = re.sub(r"^(?:an?|the) (?=[A-Z])", "", trim(text))
    return [value] if value and value[0].isupper() and len(value.split()) <= 6 else []


def _company(text: str) -> list[str]:
    value = re.split(r" (?:as|in|for|on|from|next|this) ", trim(text), maxsplit=1)[0]
    return [] if re.match(rf"{_DAYS}|\d", value) else _capital(value)


def _date(text: str) -> list[str]:
    return [text.strip()] if re.search(r"\d", text) else []


_JOBS = (
    r"(?:(?:[a-z]+ )?(?:teacher|engineer|nurse|doctor|lawyer|student|programmer|developer|designer|architect|accountant"
    r"|chef|cook|writer|journalist|artist|musician|pilot|driver|scientist|researcher|manager|dentist|pharmacist|farmer"
    r"|electrician|plumber|carpenter|photographer|translator|librarian|waiter|waitress|actor|actress|consultant"
    r"|professor|therapist|psychologist|vet|veterinarian|mechanic|firefighter|police officer|social worker|baker|barista"
    r"|analyst|economist|editor|salesperson|secretary|tailor|gardener|surgeon|paramedic|soldier|sailor))"
)

RULES: tuple[Rule, ...] = (
    rule(
        rf"{_W}{_HAVE}{_NOW} ?(?:moved|relocated|emigrated)(?: (?:back|house|home|over|away|out|in|with \w+ \w+))*"
        rf"(?: from [^,.;!?]{{1,40}}?)?(?: back)? to {_V}",
        "home", "{s} lives in {v}", _place,
    ),
    rule(rf"{_W}(?:{_NOW} lives? in| ?{_BE} (?:living|based|settled) in) {_V}", "home", "{s} lives in {v}", _place),
    rule(
        rf"{_W}(?: ?{_BE}| ?{_HAVE} (?:moved|come|gone)) back in {_V}", "home", "{s} lives in {v}",
        lambda text: _capital(text) if not _NO_HOME.search(text.strip()) else [],
    ),
    rule(
        rf"\b(?:moved out|left|gave up)\b[^.;!?]*? (?:staying|living|live)(?: with [^,.;!?]{{1,30}}?)? in {_V}",
        "home", "{s} lives in {v}", _place,
    ),
    rule(
        rf"{_W} (?:no longer lives? in|(?:don't|doesn't|do not|does not) live in) {_V}",
        "home", "{s} lived in {v} before", _place, ENDED,
    ),
    rule(rf"{_S}(?: ?{_BE} (?:originally )?from| (?:come|comes) from) {_V}", "origin", "{s} is from {v}", _place),
    rule(rf"{_S} (?:was|were) born in {_V}", "birthplace", "{s} was born in {v}", _capital),
    rule(rf"(?<!\w)[Mm]y (?:full |first )?name(?:'s| is)(?: now)? {_V}", "name", "{s} is called {v}", _name),
    rule(rf"(?<!\w)(?:[Pp]lease |[Yy]ou can )?[Cc]all me {_V}", "name", "{s} is called {v}", _name),
    rule(
        rf"(?<!\w)(?:[Ii]{_HAVE}{_NOW} ?changed my name to|[Mm]y new (?:last |sur|first |full )?name is|[Ii]{_NOW} go(?: now)? by(?: the name)?) {_V}",
        "name", "{s} is called {v}", _name,
    ),
    rule(rf"\bname\b[^.;!?]*?\b[Ii](?:'m|’m| am)(?: now)? {_V}", "name", "{s} is called {v}", _name),
    rule(
        rf"(?<!\w)[Mm]y (?:new |current )?(?P<r>{_RELATIVE})(?:(?:'s|’s) name is| is (?:called|named)) {_V}",
        "name", "{s} is called {v}", _name,
    ),
    rule(
        rf"(?<!\w)[Mm]y (?:(?P<r>{_RELATIVE})(?:'s|’s) )?birthday is (?:on )?(?:the )?{_V}",
        "birthday", "{p} birthday is {v}", _date,
    ),
    rule(rf"{_S} (?:was|were) born on (?:the )?{_V}", "birthday", "{p} birthday is {v}", _date),
    rule(rf"{_S}{_NOW} works? as (?:an? )?{_V}", "job", "{s} works as {v}", _job),
    rule(rf"{_S}(?: ?{_BE}| became) an? (?P<v>{_JOBS})\b", "job", "{s} works as {v}", _thing),
    rule(rf"{_S}{_NOW} works? (?:at|for) {_V}", "employer", "{s} works at {v}", _company),
    rule(rf"{_S} ?{_BE} (?:working|employed) (?:at|for|with|by) {_V}", "employer", "{s} works at {v}", _company),
    rule(
        rf"{_S}{_HAVE}{_NOW} ?(?:(?:starts?|started|begins?|began)(?: working| work| a job| a new job)? (?:at|with|for)"
        rf"|(?:got|have|has|took|found)(?: myself)? an? (?:new )?(?:job|position) (?:at|with)|switched(?: over)? to working (?:at|for)) {_V}",
        "employer", "{s} works at {v}", _company,
    ),
    rule(
        rf"\b(?:quit|left|resigned|notice|switched|laid off|changed jobs)\b[^;!?]*?\b(?:[Ii](?:'m|’m| am)(?: now)?(?: at| with)|start(?:ed|ing)?(?: at| with)|joined|joining) {_V}",
        "employer", "{s} works at {v}", _company,
    ),
    rule(rf"{_S}(?: ?{_BE} studying|{_NOW} stud(?:y|ies)) {_V}", "studies", "{s} studies {v}", _thing),
    rule(rf"{_S} ?{_BE}(?: very| severely| highly| terribly| also)? allergic to (?P<v>[^.;:!?()\n]{{1,80}}?)(?=[.;:!?()]|$| (?:so|but)\b)",
          "allergy", "{s} is allergic to {v}", _things, "yes"),
    rule(rf"{_S}(?: ?{_BE} (?:not|no longer|never)| (?:isn't|am not|was never|were never|wasn't|was not|never was))(?: actually| really| even)* allergic to {_V}",
          "allergy", "{s} is not allergic to {v}", _things, "no"),
    rule(rf"{_S}{_NOW}(?: absolutely| truly)? (?:likes?|loves?|enjoys?|adores?|prefers?) "
          rf"(?P<v>[^,.;:!?()\n]{{1,60}}?)(?=\s*(?:[,.;:!?()]|$| (?:to|over|rather than|more than|but|because|since|when"
          rf"|while|although|though|with|so)\b))",
          "preference", "{s} likes {v}", _thing, "likes"),
    rule(rf"{_S}{_NOW} (?:(?:don't|doesn't|do not|does not|no longer|never) (?:really |actually )?"
          rf"(?:likes?|loves?|enjoys?)|hates?|dislikes?|(?:can't|cannot) stand) {_V}",
          "preference", "{s} does not like {v}", _thing, "dislikes"),
    rule(rf"(?<!\w)[Mm]y (?:(?P<r>{_RELATIVE})(?:'s|’s) )?(?:all-time )?favou?rite (?P<x>[a-z]+(?: [a-z]+)?) is {_V}",
          "favourite", "{p} favourite {x} is {v}", _thing),
    rule(rf"{_S}{_NOW} (?:have|has|got|adopted|bought)(?: got)? an? (?:[a-z]+ ){{0,3}}?(?P<x>{_PET}),?"
          rf" (?:named|called|whose name is|her name is|his name is) {_V}",
          "pet", "{s} has a {x} called {v}", _name, x=True),
    rule(rf"(?<!\w)[Mm]y (?P<x>{_PET})(?:(?:'s|’s) name is| is (?:called|named)) {_V}",
          "pet", "{s} has a {x} called {v}", _name, x=True),
    rule(rf"{_S} ?{_BE}(?: a)? (?:strict )?(?P<v>vegetarian|vegan|pescatarian)\b(?!['’])", "diet", "{s} is {v}", _thing),
    rule(
        rf"{_S}{_HAVE}{_NOW} ?(?:went|gone|turned|became|become)(?: an?)? (?P<v>vegetarian|vegan|pescatarian)\b",
        "diet", "{s} is {v}", _thing,
    ),
    rule(rf"{_S}(?: ?{_BE}| got) (?:happily )?(?P<v>married|engaged|divorced|single|widowed|retired)\b"
          rf"(?! (?:to the idea|with|in (?:a|the) (?:project|task)))",
          "status", "{s} is {v}", _thing),
    rule(rf"{_S}{_NOW} speaks? (?P<v>[A-Z][^.;:!?()\n]{{1,60}}?)(?=[.;:!?()]|$| (?:but|with|at|fluently|so)\b)",
          "language", "{s} speaks {v}", lambda text: [v for part in _LIST.split(text) for v in _capital(part)], "yes"),
)  # fmt: skip


def is_several(relation: str) -> bool:
    """Tells whether people have several of these relatives, so that only a name identifies one."""
    return bool(_SEVERAL.search(relation))
