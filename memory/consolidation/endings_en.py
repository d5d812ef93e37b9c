"""Endings in English."""

from __future__ import annotations

import re

from memory.consolidation.endings import OTHERS, STATUS, EndingRule, ending

_REL = (
    r"(?:(?:older|younger|elder|little|big|twin|step|half|best|ex)[ -]?)?(?:sister|brother|mother|mom|mum|father|dad|wife"
    r"|husband|partner|fiancée?|girlfriend|boyfriend|son|daughter|boss|grand(?:mother|father|ma|pa)|granny)"
)
_PET = r"dog|cat|puppy|kitten|rabbit|hamster|parrot|bird|horse|turtle|tortoise|snake|guinea pig|ferret|goldfish"
_ADV = r"(?: (?:just|finally|recently|also|already|actually|sadly|now|all|even|really|completely|definitely|both))*"
_WHO = rf"(?<![\w'])(?:[Ii]|[Ww]e|[Mm]y (?P<r>{_REL}))"
_HAS = rf"(?:'ve|’ve|'s|’s|'d| have| has| had| am| is| are|'m|’m|'re|’re| was| were)?{_ADV}"
_ANY_MORE = r"(?:any ?more|any longer|these days|now)"
_V = (
    r"(?P<v>[^,.;:!?()\n]{1,40}?)(?=\s*(?:[,.;:!?()]|$| (?:and|but|because|since|so|when|while|for|altogether|completely|entirely|last|this|in"
    r"|on|a few|two|three|four|five|some|\d+|any ?more|any longer|now|yesterday|today|for good|ago|after|again|these days|at all)\b))"
)
_NAME = r"(?P<v>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
_NO_WORK = (
    r"(?! (?:smok|drink|eat|play|us|go|watch|bit|worry|runn|gam|vap|drug|social|facebook|instagram|twitter|sugar|coffee|alcohol|caffeine"
    r"|caring|trying|the gym|gym|it all and)\w*)"
)
PARTNERS = frozenset(
    [
        "girlfriend",
        "boyfriend",
        "partner",
        "fiancé",
        "fiancée",
        "fiance",
        "fiancee",
        "wife",
        "husband",
        "女朋友",
        "男朋友",
        "对象",
        "女友",
        "男友",
        "老婆",
        "老公",
        "妻子",
        "丈夫",
    ]
)

RULES: tuple[EndingRule, ...] = (
    # home
    ending(
        rf"{_WHO}(?: ?{_HAS})? (?:no longer liv(?:e|es|ing)|(?:don't|doesn't|do not|does not|am not|are not|aren't|'m not|isn't) liv(?:e|es|ing)) (?:in|at) {_V}",
        "home", needs_value=True,
    ),
    ending(rf"{_WHO} used to live in {_V}", "home", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:moved|moving) out(?: of)?(?: (?:the|my|our) (?:flat|apartment|house|place|room))?(?: in)? {_V}", "home", needs_value=True),
    ending(
        rf"{_WHO}{_HAS} (?:moved|relocated|emigrated)(?: away| abroad| out| house| home| flats?| apartments?)*(?:[.!,;]|$| (?:again|last|this|yesterday|two|three|a few|some|a (?:week|month|year)|in with|because)\b)",
        "home",
    ),
    ending(
        rf"{_WHO}{_HAS} (?:moved|relocated)(?: back)? (?:in)?to (?:an?|the|our|my)(?: [a-z-]+){{0,3}} (?:village|city|town|country|countryside|house|flat|apartment|suburbs?|coast|seaside|island|farm)\b",
        "home",
    ),
    ending(rf"{_WHO}{_HAS} (?:left|leaving|sold (?:the|my|our) (?:house|flat|apartment) in|gave up (?:the|my|our) (?:flat|apartment|room|place|lease)(?: in)?) {_NAME}(?= (?:for good|for ever|forever|last|this|in|two|a few|and (?:moved|went|now))|[.!,]|$)", "home", needs_value=True),
    # work
    ending(rf"{_WHO}{_HAS} (?:quit|quitted|resign(?:ed)?|left)(?: (?:from )?(?:my|the|his|her|this|that) (?:job|position|company|firm|post|role|work))(?: (?:at|with) {_V})?", "employer job"),
    ending(rf"{_WHO}{_HAS} (?:quit|resigned)(?=[.!,;?]|$| (?:and|last|this|today|yesterday|on|in|two|three|because|after|to|two)\b)", "employer job"),
    ending(rf"{_WHO}{_HAS} (?:quit|left|leaving|resigned (?:from|at)|resigning from|gone from|finished at|done (?:at|with)){_NO_WORK} (?:working (?:at|for|in) )?{_NAME}", "employer job", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:handed in (?:my|his|her|our) (?:notice|resignation)|gave (?:my |two weeks'? )?notice|lost (?:my|his|her) job|out of (?:a job|work)|unemployed|between jobs|changed jobs|switched jobs|switched careers|changed careers)", "employer job"),
    ending(rf"{_WHO}{_HAS} (?:got |been |was |were )?(?:laid off|fired|sacked|let go|made redundant|dismissed)\b", "employer job"),
    ending(r"\b(?:[Tt]hey|[Mm]y (?:boss|company|employer)|the company|work|hr|HR)\b[^.;!?]{0,20}\b(?:laid me off|fired me|sacked me|let me go|made me redundant|dismissed me)\b", "employer job"),
    ending(r"\b(?:my|the) (?:company|employer|firm|startup) (?:went bankrupt|closed down|shut down|folded|went under)", "employer job"),
    ending(rf"{_WHO}{_HAS} (?:retired|retiring|in retirement|a pensioner)\b(?! early from (?:the|a) (?:game|match))", "employer job"),
    ending(rf"{_WHO} (?:no longer works?|(?:don't|doesn't|do not|does not) work)(?: (?:at|for|with) {_V}| as an? {_V.replace('P<v>', 'P<v2>')}|(?= there|{_ANY_MORE}))", "employer job"),
    ending(rf"{_WHO} used to work (?:at|for) {_V}", "employer", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:no longer|not)(?: working as)? an? {_V}", "job diet status studies", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:stopped|quit|gave up|given up|done) (?:being|working as|teaching as) an? {_V}", "job diet", needs_value=True),
    # studies
    ending(rf"{_WHO}{_HAS} (?:dropped out|graduated|finished (?:my |his |her )?(?:studies|degree|school|university|uni|college)|done with (?:\w+ )?(?:school|university|uni|college|my degree|my studies))", "studies"),
    ending(rf"{_WHO}{_HAS} (?:no longer (?:study(?:ing)?|studies)|stopped studying|quit studying|gave up studying) {_V}", "studies"),
    # diet
    ending(rf"{_WHO}{_HAS} (?:started|began|back to|went back to|gone back to|resumed|started to)? ?(?:eat|eats|eating|ate|have|having)(?: \w+)? (?:meat|steak|beef|chicken|bacon|pork|burgers?|sausages?)(?: and fish)? again", "diet"),
    ending(rf"{_WHO}{_HAS} (?:started|began|resumed) eating (?:meat|beef|chicken|pork|fish|eggs|cheese|dairy)\b", "diet"),
    ending(rf"{_WHO}{_HAS} (?:no longer|not)(?: an?)?(?: strict)? (?P<v>vegetarian|vegan|pescatarian|keto|gluten[- ]free)\b", "diet"),
    ending(rf"{_WHO}{_HAS} (?:stopped being|quit being|gave up being|given up being|gave up on being|used to be)(?: an?)? (?P<v>vegetarian|vegan|pescatarian)\b", "diet"),
    # people
    ending(rf"(?<![\w'])(?:[Ww]e|[Mm]y (?P<r>{_REL}) and [Ii]|[A-Z][a-z]+ and [Ii]|[Ii] and (?:my (?:{_REL})|[A-Z][a-z]+)){_HAS} (?:broke up|broken up|split up|split(?=[.,!;]|$| (?:last|this|in|after|two|three|a few|yesterday))|separated|divorced|got divorced|getting (?:a divorce|divorced)|not together|no longer together|aren't together|parted ways)\b", "", PARTNERS | {STATUS}),
    ending(r"(?<![\w'])[Ii]{_HAS} (?:broke up|broken up|split up) with\b".replace("{_HAS}", _HAS), "", PARTNERS | {STATUS}),
    ending(r"\b(?:dumped me|left me|broke up with me|divorced me)\b|\b[Ii](?:'m|’m| am)? ?(?:now |just )?(?:dumped|divorcing|left my (?:wife|husband|boyfriend|girlfriend|partner))\b|\b[Oo]ur divorce\b|\b[Tt]he divorce (?:came|is|was|went|got)|\b[Ii](?:'m| am) single again\b", "", PARTNERS | {STATUS}),
    ending(rf"\b[Mm]y (?P<r>{_REL}){_HAS} (?:died|passed away|passed on|dead|left us)\b", ""),
    ending(rf"(?<![\w'])(?:(?:[Mm]y|[Oo]ur|[Tt]he) (?:{_PET}) )?{_NAME}{_HAS} (?:died|passed away|passed on|dead|crossed the rainbow bridge|put down|put to sleep|ran away|gone for ever|euthani[sz]ed)\b", "pet name", frozenset({OTHERS}), needs_value=True),
    ending(rf"\b(?:[Mm]y|[Oo]ur) (?P<v>{_PET}){_HAS} (?:died|passed away|dead|put down|put to sleep|ran away|got run over)\b", "pet", frozenset({OTHERS, "self"}), needs_value=True),
    ending(rf"(?:put|gave|given|had to put|had to give|rehomed|lost|adopted out|sold|buried) (?:(?:our|my) (?:{_PET}) )?{_NAME}(?: (?:down|away|up|to sleep|to rest|to a|to the|to my|last|yesterday|today|in|on)\b|[.!,]|$)", "pet", frozenset({OTHERS}), needs_value=True),
    ending(rf"(?:rehomed|gave away|put down|lost|buried|sold) (?:our|my) (?P<v>{_PET})\b|(?:put|gave|had to put) (?:our|my) (?P<v2>{_PET}) (?:down|away|to sleep)", "pet", frozenset({OTHERS, "self"})),
    ending(rf"(?<![\w']){_NAME}{_HAS} (?:left (?:the|our) (?:company|firm|team)|no longer my (?:boss|manager)|quit|retired|moved out|got fired|transferred)\b", "name", frozenset({"boss", "roommate", "flatmate"}), needs_value=True),
    ending(rf"(?<![\w']){_NAME} is (?:no longer|not) with us\b", "pet name", frozenset({OTHERS}), needs_value=True),
    ending(rf"(?<![\w'])[Ii]{_HAS} (?:no longer|not) (?:married|engaged|with (?:him|her) any ?more)\b", "", PARTNERS | {STATUS}),
    ending(rf"{_WHO}{_HAS} no longer (?:with|at) {_NAME}", "employer job", needs_value=True),
    # likes and allergies
    ending(rf"{_WHO} (?:don't|doesn't|do not|does not|no longer|never) (?:really |actually )?(?:hate|hates|dislike|dislikes|mind) {_V}", "preference", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:stopped|quit|gave up|given up|giving up|cut out|cutting out|off|over|through with|tired of|sick of|fed up with|done with|went off|gone off)(?: (?:liking|loving|enjoying|drinking|eating|using|having|playing|watching|doing|all))? {_V}", "preference diet", needs_value=True),
    ending(rf"(?:\b(?:made|makes|forced) me (?:to )?|^to )(?:stop|quit|give up|cut out|avoid)(?: (?:drinking|eating|having|using|with))? {_V}", "preference", needs_value=True),
    ending(rf"{_WHO} (?:no longer|don't|do not|doesn't|never) (?:drink|drinks|eat|eats|play|plays|watch|watches|touch|touches|smoke|smokes|have|do){_ADV} {_V}", "preference", needs_value=True),
    ending(rf"\b(?:no more|goodbye to) {_V} for me\b", "preference", needs_value=True),
    ending(rf"{_WHO} used to (?:like|love|enjoy|hate|play|drink|eat) {_V}", "preference", needs_value=True),
    ending(rf"{_WHO}{_HAS} switched from (?P<v>[^,.;:!?()\n]{{1,40}}?) to\b", "preference", needs_value=True),
    ending(rf"{_WHO}{_HAS} (?:outgrown|outgrew|grown out of|grew out of|got over|over|cured of|rid of)(?: (?:my|his|her|their|the))? (?P<v>[\w ]{{2,30}}?) allerg(?:y|ies)", "allergy", needs_value=True),
    ending(r"\b(?:my|the) (?P<v>[\w]{2,20}) allergy{_HAS} (?:gone|cured|disappeared|vanished|went away|gone away|better|over|healed|was (?:a mistake|wrong|a misdiagnosis))".replace("{_HAS}", _HAS), "allergy", needs_value=True),
)  # fmt: skip

CLAUSE_END = re.compile(r"[,;:()]|\s[-–—]\s|$")
# Who says so does not matter: "the doctor said I'm not allergic".
REPORTER = re.compile(
    r"^(?:(?:my|the|a) )?(?:\w+ )?(?:doctor|allergist|dermatologist|nurse|vet|test|tests|results?|blood test|check-?up|it)"
    r"(?: \w+){0,2}? (?:says?|said|shows?|showed|confirmed|told me|tells me|turns? out|turned out)(?: that)?,? (?=\w)",
    re.IGNORECASE,
)
