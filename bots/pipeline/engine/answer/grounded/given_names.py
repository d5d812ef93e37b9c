"""Common given names in small letters: "hi im tom" names somebody, "hi im new" does not."""

from __future__ import annotations

COMMON = frozenset(
    "aaron abdul adam ahmed alan albert alejandro alex alexander alexandra ali alice alicia amanda amir amy ana "
    "andrea andreas andrew andy angela ann anna anne anthony anton antonio arthur barbara ben benjamin bernd bill "
    "bob boris brian bruno carla carlos carmen caroline catherine charles charlie charlotte chloe chris christian "
    "christina christine christopher claire clara claudia daniel daniela david deborah denis diana diego dimitri "
    "dmitri dominic donald dora dorothy eduardo edward elena eli elisa elizabeth ella ellen emil emily emma eric "
    "erik eva evan fatima felix fernando fiona frank frankie fred gabriel gary george georgia gina giulia grace "
    "greg gustav hamid hanna hannah hans harry hassan heather heidi helen helena henry hugo ian ibrahim ida igor "
    "ines ingrid irene iris isaac isabel isabella ivan jack jacob jake james jamie jan jana jane janet jasmin jason "
    "javier jean jeff jennifer jenny jeremy jessica jim joan joe johan johanna john jonas jonathan jorge jose josef "
    "joseph josh joshua juan judith judy julia julian julie jun justin karen karin karl kate katherine kathy katie "
    "keith ken kevin kim klaus kyle lars laura lauren lea lee lena leo leon leonardo liam lily linda lisa lorenzo "
    "louis louise luca lucas lucia lucy luis luisa lukas luke magda maggie marc marco marcus margaret maria mariam "
    "marie marina mario mark marta martha martin martina mary matt matteo matthew max maya megan mehmet mei melissa "
    "mia michael michelle miguel mike mila mohammed monica muhammad nadia nancy natalia natalie nathan nick nico "
    "nicole nina noah nora olga oliver olivia omar oscar otto pablo pam pamela pat patricia patrick paul paula "
    "pedro peggy penny peter petra phil philip pierre priya rachel rafael raj ralph raul rebecca renata ricardo "
    "rich richard rita rob robert roberto robin roger roland ron rosa rose ruth ryan sabine sally sam samantha "
    "samuel sandra sara sarah scott sean sebastian sergei sharon simon sofia sonia sophia sophie stefan stella "
    "stephanie stephen steve steven sue suresh susan susanne svetlana tanya tara ted teresa theo theresa thomas tim "
    "timothy tina toby tom tommy tony tracy ursula valentina vanessa vera veronica victor victoria viktor vincent "
    "wei wendy will william xavier yan yasmin yuki yusuf yvonne zara zoe ".split()
)
