"""Topics in English."""

from __future__ import annotations

import re

_REL = (
    r"sister|brother|mother|mom|mum|father|dad|parents|wife|husband|partner|fiancée?|girlfriend|boyfriend|son|daughter|boss"
    r"|grandmother|grandfather|grandma|grandpa|granny|uncle|aunt|cousin|nephew|niece|roommate|flatmate|neighbou?r|friend|colleague"
)
_PETS = r"dog|cat|puppy|kitten|rabbit|hamster|parrot|bird|horse|turtle|tortoise|snake|guinea pig|ferret|pet"
RELATION = re.compile(rf"\b(?<=[Mm]y )(?:\w+[ -])?(?:{_REL})\b|\b(?:{_REL})(?='s| and I\b)", re.IGNORECASE)
RELATION_PHRASE = re.compile(rf"\b[Mm]y (?:\w+[ -])?(?:{_REL})\b(?:'s)?", re.IGNORECASE)
# A message may begin with the verb: "Moved to Berlin".
SPEAKER = re.compile(
    r"\b(?:I|i|[Ww]e|[Mm]y|[Mm]e|[Oo]ur|[Uu]s|The person|[Tt]he divorce)\b"
    r"|^\W*(?:[Jj]ust |[Ff]inally |[Rr]ecently )?(?:[Mm]oved|[Qq]uit|[Gg]ot|[Bb]ack|[Ss]tarted|[Bb]roke|[Ll]eft|[Ss]old|[Ss]topped|[Ll]ost|[Jj]oined|[Rr]etired|[Gg]raduated|[Nn]ew)\b"
)
SAME = {"mom": "mother", "mum": "mother", "dad": "father", "granny": "grandmother", "grandma": "grandmother", "grandpa": "grandfather"}  # fmt: skip

_JOBS = (
    r"teacher|engineer|nurse|doctor|lawyer|programmer|developer|designer|architect|accountant|chef|cook|writer|journalist|artist"
    r"|pilot|driver|scientist|researcher|manager|dentist|farmer|electrician|plumber|carpenter|photographer|translator|waiter|waitress"
    r"|actor|consultant|professor|therapist|vet|mechanic|firefighter|baker|barista|analyst|editor|freelancer|pensioner"
)
TOLD = {
    "home": re.compile(
        r"\b(?:live|lives|lived|living|moved|moving|relocated|relocating|reside|resides|based|settled|staying)(?: \w+)? (?:in|to|at|out|back|from|with)\b"
        r"|\bmoved(?=[ .,!](?:last|this|yesterday|again|away|$))|\bback (?:home )?in [A-Z]|\bunpacked\b"
        r"|\b(?:new|our|my|the) (?:flat|apartment|house|home|place|address|lease|neighbou?rhood)\b|\bcame back to [A-Z]|\bemigrated\b"
    ),
    "work": re.compile(
        r"\b(?:work|works|working|worked) (?:at|for|as|in|there)\b|\b(?:quit|resign\w*|laid (?:me )?off|fired|sacked|let (?:me )?go|redundant"
        r"|unemployed|retired?|employer|hired|notice|promoted|freelance\w*|self-employed)\b|\b(?:my|new|a|the|his|her|this) (?:\w+ )?job\b"
        r"|\b(?:start|starts|started|starting|joined|join|joining|interning) (?:at|with|as)\b|\bjoined [A-Z]"
        rf"|\b(?:I'm|I am|is|became|become|was|as|not) (?:now )?an? (?:\w+ )?(?:{_JOBS})\b|\bcareers?\b|\b(?:at|left) [A-Z]\w+ (?:now|any ?more)"
    ),
    "diet": re.compile(
        r"\b(?:vegetarian|vegan|pescatarian|veggie|keto|gluten\w*|lactose|halal|kosher|diet|plant-based)\b|\b(?:eat|eats|eating|ate|eaten|had) (?:\w+ )?(?:meat|steak|beef|pork|chicken|fish|dairy|sugar)\b|\bmeat\b",
        re.IGNORECASE,
    ),
    "partner": re.compile(
        r"\b(?:married|single|divorc\w+|engaged|widow\w*|separated|wedding|broke(?:n)? up|split up|dating|girlfriend|boyfriend|husband|wife|fianc\w+|my ex|dumped|together|proposed)\b",
        re.IGNORECASE,
    ),
    "pet": re.compile(rf"\b(?:{_PETS})s?\b", re.IGNORECASE),
    "allergy": re.compile(r"\ballerg\w+|\bintoleran\w+|\banaphyla\w+", re.IGNORECASE),
    "taste": re.compile(
        r"\b[Ii](?:'ve)?(?: \w+)? (?:love|like|hate|enjoy|prefer|dislike|adore|detest|loved|liked|hated)\b|\b[Ii](?: \w+)? (?:can't|cannot) stand\b|\bfavou?rite\b"
    ),
    "name": re.compile(r"\bI'm [A-Z][a-z]+[.!]?$|\b[Mm]y (?:\w+ )?name\b|\b[Cc]all me [A-Z]|\bname (?:is|to|was)\b|\bgo by\b|\bnickname\b"),
    "contact": re.compile(r"\b(?:phone|number|e-?mail|address|handle|username)\b", re.IGNORECASE),
    "study": re.compile(r"\b(?:stud(?:y|ies|ying)|graduat\w+|university|uni|college|dropped out|major|degree|thesis|semester)\b"),
    "vehicle": re.compile(r"\b(?:drive|drives|car|motorbike|motorcycle|bike|scooter|van|truck)\b", re.IGNORECASE),
    "habit": re.compile(r"\b(?:smok\w+|drink\w*|alcohol|wine|beer|coffee|tea|sober|gym|cigarettes?|caffeine)\b", re.IGNORECASE),
}  # fmt: skip
ASKED = {
    "home": re.compile(r"\b(?:live|living|home ?town|home|city|town|country|address|based|reside|neighbou?rhood|flat|apartment|house|where am i)\b", re.IGNORECASE),
    "work": re.compile(r"\b(?:job|work|works|working|employer|employed|company|profession|occupation|career|for a living|retired|colleagues?)\b", re.IGNORECASE),
    "diet": re.compile(r"\b(?:eat|dinner|lunch|breakfast|supper|cook|meal|recipe|restaurant|order|menu|snack|dish|food|hungry|barbecue|bbq|pizza|groceries)\b", re.IGNORECASE),
    "partner": re.compile(r"\b(?:married|single|relationship|girlfriend|boyfriend|husband|wife|partner|valentine\w*|anniversary|dating|love life|wedding)\b", re.IGNORECASE),
    "pet": re.compile(rf"\b(?:{_PETS})s?\b|\bvet\b", re.IGNORECASE),
    "allergy": re.compile(r"\ballerg\w+|\b(?:eat|safe|dessert|cookies?|nuts?|peanuts?|snack|dinner|cake|meal|restaurant|menu)\b", re.IGNORECASE),
    "taste": re.compile(r"\b(?:recommend|suggest|should (?:i|we|you)|(?:can|could|shall) (?:i|we|you)|gift|present|order|choose|pick|book|plan|for me|do i (?:like|love|hate)|favou?rite)\b", re.IGNORECASE),
    "name": re.compile(r"\b(?:my (?:\w+ )?name|call me|i(?:'m| am) called|who am i)\b", re.IGNORECASE),
    "contact": re.compile(r"\b(?:phone|number|e-?mail|address|reach me|contact)\b", re.IGNORECASE),
    "study": re.compile(r"\b(?:study|studying|student|university|uni|college|major|degree|school)\b", re.IGNORECASE),
    "vehicle": re.compile(r"\b(?:car|drive|tyres?|tires?|motorbike|motorcycle|parking|vehicle|fuel|petrol)\b", re.IGNORECASE),
    "habit": re.compile(r"\b(?:smok\w+|drink\w*|cafe|café|bar|coffee|tea|wine|beer|order|gym|thirsty|cigarettes?)\b", re.IGNORECASE),
}  # fmt: skip
VALUE = {
    "home": re.compile(
        r"\b(?:[Ii]|[Ww]e|[Mm]y \w+)\b[^.!?]{0,15}? ?(?:live|lives|living|based|back)(?: now| currently)? in (\w+(?: [A-Z]\w+)*)"
    ),
    "work": re.compile(
        r"\b(?:[Ii]|[Mm]y \w+)\b[^.!?]{0,15}? ?(?:work|works|working)(?: now| currently)? (?:at|for) ([A-Z]\w+(?: [A-Z]\w+)*)"
    ),
    "name": re.compile(r"\b(?:[Mm]y name is|[Cc]all me) (\w+)"),
}
ABOUT_ME = re.compile(r"\b(?:i|i'm|i've|my|mine|me|we|our|us)\b", re.IGNORECASE)
# What a turn about a topic of which one has one state must say, to be a change of it.
CHANGES = {
    "home": re.compile(
        r"\b(?:moved|moving|relocat\w+|emigrated|unpacked|back in|back to|came back|no longer|any ?more|left|gave up|sold)\b"
        r"|\bnew (?:flat|apartment|house|home|place|address|city|town)\b", re.IGNORECASE,
    ),
    "work": re.compile(
        r"\b(?:quit|resign\w*|laid (?:me )?off|fired|sacked|let (?:me )?go|redundant|unemployed|retired|notice|hired|promoted|became|no longer|any ?more"
        r"|used to|new job|(?:start(?:s|ed|ing)?|join(?:ed|ing)?) (?:at|with|as|[A-Z])|left|switched|changed|now (?:at|with|work))\b", re.IGNORECASE,
    ),
    "diet": re.compile(r"\b(?:again|no longer|any ?more|not|started|stopped|quit|gave up|given up|went|became|used to|switched|had|ate)\b", re.IGNORECASE),
    "partner": re.compile(
        r"\b(?:broke(?:n)? up|split|divorc\w+|engaged|got married|single|dumped|separated|my ex|proposed|widow\w*|passed away|no longer|not together|any ?more"
        r"|new (?:girlfriend|boyfriend|partner))\b", re.IGNORECASE,
    ),
    "name": re.compile(r"\b(?:call me|changed|new|now|go by|nickname|no longer)\b", re.IGNORECASE),
    "study": re.compile(r"\b(?:graduat\w+|dropped out|switched|changed|finished|done with|no longer|any ?more|quit)\b", re.IGNORECASE),
}  # fmt: skip
_ENDS = (
    r"no longer|any ?more|any longer|instead|after all|turns? out|turned out|correction|i was wrong|i meant|scratch that"
    r"|changed|moved (?:from|to)|cancel\w*|called off|postponed|rescheduled|brought forward|sold|died|dead|passed away|put \w+(?: \w+)? down|gave \w+(?: \w+)? (?:away|up)"
    r"|gave (?:up|away)|given up|rehomed|quit|resigned|stop|stopped|broke up|split up|divorced?|switched|replaced|traded|got rid of|used to"
    r"|is over|is off|not .{1,40} but|moved out|outgrown|outgrew|cured|hate|can't stand|don't (?:like|want|need)|isn't|wasn't"
)
ENDS = re.compile(rf"\b(?:{_ENDS})\b", re.IGNORECASE)
CHANGE = re.compile(
    rf"\b(?:{_ENDS}|back in|back to|again|graduated|finished|retired|left|lost|now|new|since|notice|laid (?:me )?off|fired|sacked|let (?:me )?go|redundant|unemployed|joined|start(?:s|ed|ing)? (?:at|with|as)|became|relocated|moved|moving|unpacked|married|engaged|single|divorce)\b",
    re.IGNORECASE,
)
# Frequent words: two turns that share only these are not about the same.
COMMON = frozenset(
    "need back good time day today week work want make made take took get got find found going come came tell told know think thought really little bit"
    " long last next first night morning evening year month home house people thing things friend much more less many year years day days hour hours old"
    " start started stop stopped try tried look looked feel felt nice great well still even ever never always again maybe also only again away around"
    " use used put keep kept give gave call called ask asked say said talk talked see saw watch watched play played read live lived eat ate drink buy"
    " bought love like hate enjoy better best bad worse big small whole half part place way lot few every each other another same different new now here"
    " there where then than sleep slept tired busy happy sad sorry thank thanks help please actually finally almost enough early late later soon since".split()
)

# The beginnings (four letters) of words that occur in every text of a topic: a cheap test before its pattern.
_HINTS = {
    "home": "live lives lived living move moved moving relocate reside based settled staying back unpacked flat apartment house home place address lease"
    " neighbourhood came emigrated",
    "work": "work quit resign laid fired sacked let redundant unemployed retire employer hired notice promoted freelance self job start joined join interning"
    " career at left became become retired a an",
    "diet": "vegetarian vegan pescatarian veggie keto gluten lactose halal kosher diet plant meat steak beef pork chicken fish dairy sugar",
    "partner": "married single divorce engaged widow separated wedding broke broken split dating girlfriend boyfriend husband wife fiance my dumped"
    " together proposed",
    "pet": "dog dogs cat cats puppy kitten rabbit hamster parrot bird horse turtle tortoise snake guinea ferret pet pets",
    "allergy": "allergy intolerant anaphylaxis",
    "taste": "love like hate enjoy prefer dislike adore detest can't can cannot stand favorite favourite",
    "name": "i name call go nickname",
    "contact": "phone number email e address handle username",
    "study": "study studies studying graduate university uni college dropped major degree thesis semester",
    "vehicle": "drive drives car cars motorbike motorcycle bike scooter van truck",
    "habit": "smoke smoking drink alcohol wine beer coffee tea sober gym cigarette caffeine",
    "change": "hate can't don't isn't wasn't since no any anymore longer instead after turn turns turned correction i scratch changed moved cancel called postponed rescheduled brought sold died dead"
    " passed put gave given rehomed lost quit left resigned stop stopped broke split divorce switched replaced traded got used not never is"
    " notice laid fired sacked let redundant unemployed joined start became relocated moving unpacked married engaged single graduated finished retired back again outgrown outgrew cured now new",
}
HINTS = {topic: frozenset(word[:4] for word in words.split()) for topic, words in _HINTS.items()}
