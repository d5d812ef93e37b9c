"""Patterns of questions about the person in English, for `plain_text.question`."""

from __future__ import annotations

import re

from bots.pipeline.engine.answer.grounded import relations

_REL = rf"(?:my|our) (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<r>{relations.EN})(?:s(?![a-z']))?"
_S = _REL
_IS = r"(?: is|'s|s| was| are)"


def _rule(pattern: str, attribute: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern), attribute


RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    _rule(r"(?:what(?: is|'s|s| was)?)? ?my (?:full |first |real |actual )?name(?: is| was)?", "name"),
    _rule(r"(?:who am i|who i am|what(?: am i|'s i) called|how am i called|what i am called|what(?:'s| is) the name i (?:gave|told) you|what name did i (?:give|tell) you|what (?:do|should) you call me|what do (?:people|they|my friends) call me|what should you call me)", "name"),
    _rule(r"(?:what(?: is|'s|s))? ?my (?:last|sur|family) ?name(?: is)?", "surname"),
    _rule(rf"(?:what(?: is|'s|s| was| are))? ?{_REL}(?:'s|s|s')? names?(?: is| was)?", "name"),
    _rule(rf"(?:what(?: is|'s|s| was| are) the names? of|who(?: is|'s|s| was| are)|who|what do i call|name) {_REL}(?: is| are)?(?: called| named)?", "name"),
    _rule(rf"(?:what|how)(?: is|'s|s| was| are) {_REL} (?:called|named)", "name"),
    _rule(rf"what(?: did i name| do we call| did i call) {_REL}", "name"),
    _rule(r"(?:where (?:do|did|does) (?:i|we) live|where (?:i|we) live|where am i (?:living|based|at home)|where(?: is|'s|s) my (?:home|house|flat|apartment)|(?:what|which) (?:city|country|town|place|state) (?:do|am) (?:i|we) (?:live|living)(?: in)?|what(?: is|'s|s) my (?:home ?town|city|home)|where i'm living)", "home"),
    _rule(rf"(?:where|(?:what|which) (?:city|country|town)) (?:does|do|did) {_S} live(?: in)?", "home"),
    _rule(rf"where(?: is|'s|s) {_REL} living", "home"),
    _rule(r"(?:where (?:am i|i am|i'm|do i come|i come) from|where(?: is|'s) my family from|what(?: is|'s|s) my nationality|what country am i from|(?:what|which) (?:city|town|country) (?:am i|do i come) from)", "origin"),
    _rule(rf"where(?: is|'s| does) {_S} (?:come )?from", "origin"),
    _rule(r"where (?:was i|i was) born", "birthplace"),
    _rule(rf"where was {_S} born", "birthplace"),
    _rule(r"(?:what do i do(?: for (?:a living|work|money))?|what i do(?: for (?:a living|work))?|what(?: is|'s|s|) my (?:job|profession|occupation|work|career)(?: title)?|my (?:job|profession|occupation)|what (?:kind of (?:job|work)|job|work) do i (?:do|have)|what do i work as|what am i(?: by profession)?|what is it i do)", "job"),
    _rule(rf"what(?: does| do) {_S} do(?: for (?:a living|work))?|what(?: is|'s|s) {_REL.replace('<r>', '<r_>').replace('<adj>', '<adj_>')}'?s? (?:job|profession|occupation|work)", "job"),
    _rule(r"(?:where (?:do i|i) work|where am i (?:working|employed)|who (?:do i work for|is my employer)|what company do i work (?:for|at)|(?:what|which) company do i work (?:for|at)|what(?: is|'s|s) my (?:company|employer|workplace)|for whom do i work)", "employer"),
    _rule(rf"(?:where does|who does) {_S} work(?: for| at)?", "employer"),
    _rule(r"(?:how old (?:am i|i am|i'm)|what(?: is|'s|s) my age|my age)", "age"),
    _rule(rf"how old(?: is|'s|s| are) {_S}|(?:what(?: is|'s|s) )?{_REL.replace('<r>', '<r_>').replace('<adj>', '<adj_>')}'?s? age", "age"),
    _rule(r"(?:when|what day|what date|what)(?: is|'s|s| was)? ?my (?:birthday|date of birth|birth date|birthdate|bday)(?: is)?|when (?:was i|i was) born|my birthday|when (?:do|will) i (?:have my birthday|turn \w+)|how do you know my birthday", "birthday"),
    _rule(rf"(?:when|what day|what)(?: is|'s|s| was) {_REL}(?:'s|s|s')? (?:birthday|bday|date of birth)|when was {_REL.replace('<r>', '<r_>').replace('<adj>', '<adj_>')} born", "birthday"),
    _rule(r"(?:what (?:am i|i am|i'm|are we) allergic to|do i have (?:any |an )?allerg(?:y|ies)|(?:what(?: is|'s|s| are) )?my allerg(?:y|ies)|am i allergic(?: to (?:anything|something))?|which (?:allergies|foods?) (?:do i have|am i allergic to)|what allergies do i have|what (?:can't|shouldn't|mustn't|must i not|should i not) i eat|is there anything i(?:'m| am) allergic to)", "allergy"),
    _rule(rf"what(?: is|'s|s| are) {_S} allergic to", "allergy"),
    _rule(r"(?:what (?:do i|i) (?:like|love|enjoy|prefer)(?: to (?:eat|drink|do|read|watch|play))?(?: most| best)?|what(?: are|'re|re|'s| is) my (?:likes|hobby|hobbies|interests|preferences)|what (?:food|foods|drinks?|things?|music|sports?) do i (?:like|love|enjoy|prefer)|what am i into|what (?:do|are) my hobb(?:y|ies)|what(?: do|'s) i like)", "likes"),
    _rule(rf"what(?: does| do) {_S} (?:like|love|enjoy|prefer)(?: to (?:eat|drink|do))?", "likes"),
    _rule(r"what (?:don't i|do i not|i don't|do i|i)(?: really)? (?:like|hate|dislike|not like)(?: to (?:eat|drink|do))?|what(?: are|'re) my dislikes|what (?:food|foods|things?) (?:do i hate|don't i like|do i dislike|do i not like)", "dislikes"),
    _rule(rf"what (?:doesn't|does) {_S} (?:hate|dislike|not like|like)", "dislikes"),
    _rule(r"(?:do i have|have i(?: got)?|how many|what|which|what kind of|who are) ?(?:any |a )?(?P<r>pets?|animals?)(?: (?:do|have) (?:i|we) (?:have|got))?", "has"),
    _rule(rf"how many (?P<r>{relations.EN})s? (?:do|have) (?:i|we)(?: have| got)?", "has"),
    _rule(rf"do (?:i|we) have (?:any |an? )?(?:(?P<adj>{relations.ADJECTIVE}) )?(?P<r>{relations.EN})s?", "has"),
    _rule(r"(?:am i (?:married|single|divorced|engaged|retired|widowed|in a relationship)|what(?: is|'s) my (?:marital|relationship) status)", "status"),
    _rule(r"(?:am i (?:an? )?(?:vegetarian|vegan)|what(?: is|'s) my diet|do i eat meat)", "diet"),
    _rule(r"(?:what (?:do i|i|am i) stud(?:y|ying)|what(?: is|'s) my (?:major|subject))", "studies"),
    _rule(r"(?:what|which|how many) languages? (?:do|can|i) ?(?:i )?speak|what(?: are|'re) my languages", "language"),
    _rule(r"(?:which|what) (?P<x>[a-z ]{2,20}?) do i like (?:best|most)", "my favourite"),
    _rule(r"(?:(?:what|how much|everything|all|anything)(?: all| else| exactly)? (?:do )?you(?: already| really| still)? (?:know|remember|have|learned|noted|got)(?: so far)? (?:of|about|on) me(?: so far| already| now)?|tell me (?:something |everything |more |a bit )?about (?:me|myself)|about me|describe me|do you know me|who am i to you|what have (?:i told you|you learned|you noted)(?: about me| about myself)?(?: so far)?|what do i tell you about me|what did i tell you about (?:me|myself)|summari[sz]e (?:what you know about )?me|me)", "*"),
)  # fmt: skip

THINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    _rule(rf"(?:what|when|where|who|which|how|how much|what time|what colour|what day)(?: is|'s|s| are| was| were)(?: {_REL}'s| my| our) (?P<x>[a-z0-9][a-z0-9' -]{{1,40}}?)(?: again| called| is)?", "my"),
    _rule(rf"(?:what|when|where|who|which)(?: {_REL}'s| my| our) (?P<x>[a-z0-9][a-z0-9' -]{{1,40}}?) (?:is|are|was)", "my"),
)  # fmt: skip
ELLIPTIC = re.compile(
    rf"(?:what about|how about|and what about|and)? ?(?:(?:of )?{_REL}(?:'s)?|(?P<me>me|mine|myself))|(?:and what|what|how) about (?P<who>[a-z]{{2,12}})(?:'s)?"
)
_SUBJECT = rf"(?:i|we|{_REL}|my [a-z ]{{2,25}}?)"


def as_statement(words: str) -> str:
    """Returns the statement that a yes or no question asks about: "do i live in bonn" gives "i live in bonn"; else ""."""
    if (match := re.fullmatch(r"(?:do|did|does) (i|we|my .+?) (.+)", words)) is not None:
        return f"{match[1]} {match[2]}"
    if (match := re.fullmatch(r"am i (.+)", words)) is not None:
        return f"i am {match[1]}"
    if (match := re.fullmatch(r"have i (?:got )?(an? .+)", words)) is not None:
        return f"i have {match[1]}"
    if (
        match := re.fullmatch(
            r"(?:is|isn't|are) (my .+?) (called |named |on |in |at |allergic |an? |[^\s]+$|\d.*$|from )(.*)", words
        )
    ) is not None:
        return f"{match[1]} is {match[2]}{match[3]}".strip()
    return ""
