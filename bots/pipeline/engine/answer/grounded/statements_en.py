"""Patterns of what people state about themselves in English, in any case and with little punctuation.

They take what `memory.consolidation.rules_en` leaves: small letters, ages, families, "my X is Y". The text is in lower
case; the values are cut out of the text as it was written.
"""

from __future__ import annotations

import re

from bots.pipeline.engine.answer.grounded import relations

_END = (
    r"(?=\s*(?:[,.;:!?()\n]|$)|\s+(?:and|but|because|since|so|which|who|where|when|while|although|though|however|i|i'm|im|my|we|he|she"
    r"|they|please|what|whats|can|could|do|btw|lol|haha|thanks|not|now|nowadays|currently|too|actually|as well|with)\b)"
)
V = rf"(?P<v>[^,.;:!?()\n]{{1,60}}?){_END}"
_I = r"(?<![\w'])i"
_AM = r"(?<![\w'])(?:i am|i'm|im)(?: (?:now|currently|also|actually|just|only|merely|really|still|a bit))*"
_ADV = r"(?: (?:now|currently|also|actually|just|really|still|both|always))*"
REL = rf"(?<![\w'])(?:my|our) (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN})"
_NAMED = r"(?:,? (?P<n>(?!is\b|was\b|'s|lives?\b|works?\b|has\b|likes?\b|loves?\b|hates?\b|and\b|who\b|in\b|at\b)[^\W\d_]+),?)?"
_WHO = rf"(?:{_I}|(?<![\w'])we|{REL}{_NAMED})"
_BE = r"(?: is|'s|s are| are)"
_COUNT = r"an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}|twin"
_JOB = (
    r"(?:[a-z-]+ ){0,3}?(?:[a-z]{3,}(?:eer|ician|ologist|wright|keeper|grapher|worker|smith)|nurse|doctor|teacher|lawyer|student|programmer|developer|dev|sysadmin|electrician|nanny|housewife|stay-at-home mum|designer|architect"
    r"|accountant|chef|cook|writer|journalist|artist|musician|pilot|driver|scientist|researcher|manager|dentist|pharmacist|farmer|plumber"
    r"|carpenter|photographer|translator|librarian|waiter|waitress|actor|actress|consultant|professor|therapist|psychologist|vet"
    r"|mechanic|firefighter|police officer|policeman|social worker|baker|barista|analyst|economist|editor|salesman|salesperson|secretary|tailor"
    r"|gardener|surgeon|paramedic|soldier|sailor|cashier|hairdresser|barber|freelancer|tester|biologist|chemist|physicist|clerk|banker"
    r"|butcher|midwife|painter|coach|trainer|director|producer|builder|welder|postman|receptionist|intern|apprentice|owner|founder|ceo|cto)s?"
)
_NATIONS = (
    r"german|french|italian|spanish|american|british|english|chinese|japanese|korean|indian|russian|polish|dutch|swedish|danish|norwegian"
    r"|finnish|greek|turkish|mexican|brazilian|canadian|australian|irish|scottish|welsh|portuguese|swiss|austrian|belgian|ukrainian|czech"
    r"|hungarian|romanian|vietnamese|thai|muslim|jewish|catholic|buddhist|hindu|european|african|asian"
)
NO_NAME = re.compile(
    rf"^(?:not|no|none|the|an?|my|your|his|her|our|their|it|its|this|that|what|whatever|unknown|important|secret|so|very|too|also|here|there|back"
    rf"|sorry|sure|fine|good|ok|okay|happy|sad|tired|bored|hungry|new|late|ready|glad|lonely|sick|ill|angry|confused|done|lost|kidding|joking|just"
    rf"|going|trying|looking|thinking|working|living|feeling|doing|from|in|at|on|with|when|back|later|tomorrow|tonight|today|old|crazy|maybe"
    rf"|allergic|married|single|divorced|engaged|retired|vegetarian|vegan|called|named|anyone|anybody|someone|somebody|nobody|everyone|everybody|nothing|who|included|sir|boss|hello|hi|hey|spelled|spelt|hard|long|short|common|mr|god"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|{_NATIONS})\b"
)

Rule = tuple[re.Pattern[str], str, str]
"""Pattern, attribute, standing. Group "v" is the value; "r", "adj" and "n" the relation; "x" the X of "my X"."""


def _rule(pattern: str, attribute: str, standing: str = "") -> Rule:
    return re.compile(pattern), attribute, standing


RULES: tuple[Rule, ...] = (
    _rule(rf"(?<![\w'])my (?:full |first |real |actual )?name(?: is|'s|s)(?: actually| really| now)? (?!not\b|on\b|in\b){V}", "name"),
    _rule(rf"(?<![\w'])my name(?: is|'s) not [^\W\d_]+,? (?:but|it's|it is|its) {V}", "name"),
    _rule(rf"(?<![\w'])(?:call me|i go by|i am called|i'm called|i am named|i'm named|everyone calls me|people call me|friends call me) {V}", "name"),
    _rule(rf"(?:^|[,.!] ?|\b(?:hi|hello|hey|hiya)[ ,!]+)(?:it's |this is |it is )?{_AM} (?P<v>[^\W\d_]+(?:[ -][^\W\d_]+){{0,2}}?){_END}", "name", "bare"),
    _rule(rf"(?:^|[,.!] ?)(?:me(?: is|'s)|name(?: is|'s|:)|the name's) {V}", "name"),
    _rule(r"^(?:(?:hi|hello|hey|hiya|hola|good (?:morning|evening|afternoon))[ ,!.]+)*(?:it's |this is )?(?P<v>[^\W\d_]+) here(?=[,.!]|$)", "name", "bare"),
    _rule(rf"{_AM} (?P<v>[^\W\d_]+) from\b", "name", "bare"),
    _rule(rf"{_AM} (?P<cap>[^\W\d_]+) from {V}", "origin"),
    _rule(rf"{REL}(?:'s name is|'s name's| is called| is named|'s called| goes by) {V}", "name"),
    _rule(rf"{REL}(?: is|'s) (?P<v>[^\W\d_]+){_END}", "name", "bare"),
    _rule(rf"{REL} (?P<v>[^\W\d_]+)(?=,| is\b|'s| lives?\b| works?\b| has\b| likes?\b| loves?\b| and\b|[.!]|$)", "name", "bare"),
    _rule(rf"(?<![\w'])the name of my (?P<r>{relations.EN}) is {V}", "name"),
    _rule(rf"{_I}(?:'ve| have)(?: got)? an? (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN}),? (?:called|named|whose name is|her name is|his name is) {V}", "name"),
    _rule(rf"^(?:i|we)(?:'ve| have)(?: got)?\b.*\b(?:an?|one) (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN}),? (?:called|named) {V}", "name"),
    _rule(rf"{_I}(?:'ve| have)(?: got)? (?:an?|one) (?P<r>{relations.EN}), (?P<v>[^\W\d_]+)(?=[.!]|$)", "name", "bare"),
    _rule(rf"(?<![\w'])(?:i|we)(?:'ve| have)(?: got)? (?P<v>(?:{_COUNT}) (?:[a-z]+ )?(?:{relations.EN})s?)\b(?! (?:in law|food|hair|allergy))", "has", "yes"),
    _rule(rf"(?<![\w'])(?:i|we) (?:don't|do not|dont) have (?P<v>(?:an?|any) (?:{relations.EN})s?)\b", "has", "no"),
    _rule(rf"(?<![\w'])(?:i|we) have (?P<v>no (?:{relations.EN})s?)\b", "has", "yes"),
    _rule(rf"{_WHO}{_ADV} (?:lives?|resides?|stays?)(?: now| currently| here)? in {V}", "home"),
    _rule(rf"^(?:i|i'm|i am|we) .* and (?:i )?(?:live|living) in {V}", "home"),
    _rule(rf"^(?:i|i'm|i am|we) .* and (?:i )?work(?:ing)? as {V}", "job"),
    _rule(rf"^(?:i|i'm|i am|we) .* and (?:i )?work(?:ing)? (?:at|for) {V}", "employer"),
    _rule(rf"(?:{_AM}|(?<![\w'])(?:we are|we're)) (?:living|based|staying|settled) in {V}", "home"),
    _rule(rf"(?<![\w'])(?:i|we)(?: have|'ve)?{_ADV} moved(?: back| over)?(?: from [^,.;!?]{{1,30}}?)? to {V}", "home"),
    _rule(rf"(?:{_AM}|{REL}{_BE})(?: originally)? from {V}", "origin"),
    _rule(rf"{_I}(?: originally)? come from {V}", "origin"),
    _rule(rf"(?:{_AM}) an? [a-z -]{{2,30}}? from (?P<v>(?!the\b|home\b|work\b|a\b)[^,.;:!?()\n]{{1,40}}?){_END}", "origin"),
    _rule(rf"(?:{_I} was|{REL} was) born in (?P<v>(?!\d|january|february|march|april|may|june|july|august|september|october|november|december)[^,.;:!?()\n]{{1,40}}?){_END}", "birthplace"),
    _rule(rf"(?:{_I} was|{REL}{_NAMED} was) born (?:on |in )(?:the )?(?P<v>(?=[^.;!?\n]{{0,25}}(?:\d|january|february|march|april|may|june|july|august|september|october|november|december))[^.;:!?()\n]{{2,30}}?){_END}", "birthday"),
    _rule(rf"(?:{REL}'s|(?<![\w'])my) (?:birthday|bday|b-day|date of birth)(?: is|'s)(?: on| in)?(?: the)? (?P<v>[^.;:!?()\n]{{2,30}}?){_END}", "birthday"),
    _rule(rf"{_WHO}{_ADV} works? as {V}", "job"),
    _rule(rf"{_AM} working as {V}", "job"),
    _rule(rf"(?:{_AM}|{REL}{_NAMED}(?: is|'s)|(?<![\w'])i became) (?P<v>an? {_JOB})\b", "job"),
    _rule(rf"(?<![\w'])my (?:job|profession|occupation)(?: is|'s) (?P<v>(?!to\b|so\b|very\b|boring|stressful|hard|great|easy|killing|driving)[^,.;:!?()\n]{{1,60}}?){_END}", "job"),
    _rule(rf"{_WHO}{_ADV} (?:works?|teach(?:es)?)(?: nights?| days| shifts?| part[- ]time| full[- ]time| mostly| remotely| (?!hard|late|a lot)[a-z]+(?= at))? (?:at|for) {V}", "employer"),
    _rule(rf"{_AM} (?:working|employed) (?:at|for|by) {V}", "employer"),
    _rule(rf"(?:{_AM}|{REL}{_NAMED}{_BE}|(?<![\w'])(?:i|she|he) turned) (?P<v>\d{{1,3}}|[a-z]+ty(?:[ -][a-z]+)?)(?: (?:years?|yrs?)(?: old)?| yo| y/o| months? old)?(?= (?:now|today|already|this)\b)?(?! (?:minutes?|hours?|km|kg|cm|percent|miles|pounds|days|weeks|feet|stone|of|and a half)|%){_END}", "age"),
    _rule(rf"{REL}{_NAMED}(?: has|'s)?(?: just)? turned (?P<v>\d{{1,3}})(?: years? old)?(?= (?:yesterday|today|last|this|on|in|two|a|\d)\b|[,.!]|$)", "age"),
    _rule(rf"{_AM} (?:an? |the )?{_JOB} (?:at|for) {V}", "employer"),
    _rule(r"(?<![\w'])my age is (?P<v>\d{1,3})\b", "age"),
    _rule(rf"(?<![\w'])my (?P<v>\d{{1,2}})[ -](?:years?|yr)[ -]old (?P<r>{relations.EN})\b", "age"),
    _rule(rf"(?:{_AM}|{REL}{_NAMED}(?: is|'s))(?: (?:very|severely|highly|also))? allergic to (?P<v>[^.;:!?()\n]{{1,60}}?)(?=[.;:!?()]|$| (?:so|but|i|my)\b)", "allergy", "yes"),
    _rule(rf"(?:{_AM} not|{REL}{_NAMED} (?:is not|isn't)) (?:actually |really )?allergic to {V}", "allergy", "no"),
    _rule(r"(?<![\w'])i have an? (?P<v>[a-z]+) allergy\b", "allergy", "yes"),
    _rule(rf"{_WHO}{_ADV}(?: absolutely| totally)? (?:likes?|loves?|enjoys?|adores?) (?P<v>(?!you\b|it\b|this\b|that\b|to (?:know|ask)|how\b|talking to)[^,.;:!?()\n]{{1,60}}?)(?=\s*(?:[,.;:!?()]|$)|\s+(?:but|because|since|when|while|although|so|a lot|very much|and (?:also )?(?:i|my|hate|dislike|don't|can't|do not))\b)", "preference", "likes"),
    _rule(rf"{_WHO}{_ADV} (?:(?:don't|dont|doesn't|do not|does not)(?: really)? (?:like|love|enjoy)|hates?|dislikes?|can't stand|cannot stand) (?P<v>(?!you\b|it\b|this\b|that\b|how\b|when\b)[^,.;:!?()\n]{{1,60}}?)(?=\s*(?:[,.;:!?()]|$)|\s+(?:but|because|since|when|while|although|so|and (?:i|my|love|like))\b)", "preference", "dislikes"),
    _rule(rf"^(?:[^,]*\b(?:hi|hello)\W+)?i .*\b(?:and|but) (?:also )?(?:hate|dislike|can't stand|don't like) (?P<v>(?!you\b|it\b|this\b|that\b)[^,.;:!?()\n]{{1,60}}?){_END}", "preference", "dislikes"),
    _rule(rf"(?:{_AM}|{REL}{_NAMED}(?: is|'s))(?: an?)?(?: strict)? (?P<v>vegetarian|vegan|pescatarian)\b", "diet"),
    _rule(rf"{_AM} (?:happily )?(?P<v>married|engaged|divorced|single|widowed|retired)\b(?! to the idea)", "status"),
    _rule(rf"{_WHO}{_ADV} speaks? (?P<v>(?!to\b|with\b|about\b|at\b|up\b|of\b|for\b)[^.;:!?()\n]{{3,60}}?)(?=[.;:!?()]|$| (?:but|with|at|fluently|so|i)\b)", "language", "yes"),
    _rule(rf"(?:{_AM} studying|{_I}{_ADV} study|{REL}{_NAMED} studies) (?P<v>(?!for\b|at\b|hard\b|in\b|a lot)[^,.;:!?()\n]{{1,60}}?){_END}", "studies"),
    _rule(rf"{_AM} (?:in (?:my|the) (?:\w+ )?(?:final |last )?(?:year|semester|term) (?:of|studying)|(?:doing|finishing) (?:a|my) (?:degree|master'?s?|phd|bsc|ba|msc|ma|bachelor'?s?) in) (?P<v>[^,.;:!?()\n]{{1,40}}?)(?=\s*(?:[,.;:!?()]|$)|\s+(?:at|in|and|but|with)\b)", "studies"),
    _rule(r"(?<![\w'])my (?P<x>e-?mail(?: address)?|(?:phone|mobile|cell|telephone)(?: number)?|number)(?: is|'s|:) ?(?P<v>[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+?\d[\d /()-]{4,20}\d)", "my", "is"),
    _rule(rf"(?:{REL}'s|(?<![\w'])my|(?<![\w'])our) (?P<x>(?!(?:(?:{relations.ADJECTIVE}) )?(?:{relations.EN})\b|name\b|job\b|age\b|birthday\b|bday\b|profession\b|occupation\b|point\b|question\b|guess\b|bad\b|god\b|problem\b)[a-z][a-z'-]*(?: (?!is\b|are\b|was\b|and\b|who\b|has\b)[a-z0-9'-]+){{0,3}}) (?P<c>is|are)(?P<v> (?!called|named)[^;!?()\n]{{1,80}}?)(?=\s*(?:[,;:!?()\n]|\.(?:\s|$)|$)|\s+(?:(?:and|but|so) (?:i|i'm|my|we|he|she|it|the|his|her|please)\b|(?:because|please|i|my|we)\b))", "my"),
)  # fmt: skip

# Old and new value of a correction.
CORRECTIONS: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"(?<![\w'])(?:is |am |i'm |it's |its |in |at |was )?not (?:in |at |an? |called )?(?P<old>[^\W\d_][\w' -]{{0,30}}?|\d{{1,3}})(?:,? but| anymore,? (?:it's|i'm)|[,;.:] ?(?:but |it's |its |it is |i'm |i am |in |at |my name is )+)(?: ?(?:in|at|called|an?))? ?{V}"
    ),
    re.compile(
        rf"^(?:no|nope|sorry|oops|actually|wait|correction|i mean|i meant)?[ ,:.!-]*(?:it's |its |it is |i'm |i mean |i meant |in |at )?(?P<v>[^\W\d_][\w' -]{{0,30}}?|\d{{1,3}}),? not (?:in |at |an? )?(?P<old>[^\W\d_][\w' -]{{0,30}}?|\d{{1,3}}){_END}"
    ),
)
CORRECTED = re.compile(
    rf"^(?:(?:no|nope|sorry|oops|wait|ah|actually|correction)[ ,:.!-]+)+(?:(?:i (?:mean|meant)|it's|its|it is|that's|make that|should be)[ ,:]+)*(?:actually |really )?(?P<v>[^\W\d_][\w' -]{{0,30}}?|\d{{1,3}}){_END}"
    rf"|^(?:i (?:mean|meant)|make that)[ ,:]+(?P<v2>[^\W\d_][\w' -]{{0,30}}?|\d{{1,3}}){_END}"
)
"""A correction that names the new value only; it is about the last fact."""
DAY = re.compile(
    r"\d{1,2} ?[月号日]|\d{1,2}(?:st|nd|rd|th)\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\d|\d.*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
"""A day in either language, which corrects a birthday."""
OF_ME = re.compile(r"^\W*(?:(?:hi|hello|hey)\W+)?(?:i|i'm|im|i've|me is|my name)\b")
_AGE_LEFT = re.compile(r"(?:and )?\d{2}(?: years? old| yo)?,?$")
_BE_LEFT = re.compile(
    rf"(?:and |but |originally |now )*(?:studying|working|living|based|originally from|allergic|(?:married|single|divorced|retired)(?=[,.!]|$| (?:with|to|and)\b)|an? {_JOB})\b"
)
_DO_LEFT = re.compile(
    r"(?:and |but |also )*(?:live|work|study|love|like|hate|speak|have (?:an?|two|three|four|one|\d))\b"
)


def left_out(clause: str) -> str:
    """Returns the subject that a clause goes on with: "i'm mia, 19, studying biology" means "i'm 19"; "" for none.

    Args:
        clause: In lower case; the one before is about the person.
    """
    if _AGE_LEFT.match(clause) or _BE_LEFT.match(clause):
        return "i'm "
    return "i " if _DO_LEFT.match(clause) else ""


QUESTION = re.compile(
    r"^\W*(?:and |so |but |ok |hey |please )*(?:do|does|did|is|are|am|was|were|can|could|what|whats|what's|where|who|whose|when|how|why|which|have|has|will|would|should|if|tell"
    r"|guess|say|pretend|imagine|suppose|repeat|write|translate|let's|act|call him|call her|remind)\b"
)
OTHERS_WORDS = re.compile(
    r"\b(?:say|says|said|saying|pretend|repeat|write|think|thinks|thought|believe|believes|guess|told|tell|tells|asked|wish|if|imagine|suppose|maybe|perhaps"
    r"|might|would|could|should|used to|dream\w*|song|lyrics?|quote|movie|novel|story)\b|[\"“”]"
)
