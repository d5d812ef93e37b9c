"""Words that tell nothing, or little, when a question is compared with what was told."""

from __future__ import annotations

EN = frozenset(
    "a about actually after again all already also am an and any are arent as at be because been before being bit "
    "both btw but by can cant cos could couldnt cuz d did didnt do does doesnt doing done dont down during each even "
    "ever every exactly for from got gotten had has have having he hello her here hers hes hey hi him his how hows i "
    "id if ill im in into is isnt it its ive just kind know ll lol lot m many may me mention mentioned might mine "
    "more much must my no not now of off oh ok okay on one ones only or other our ours out over please pls quite re "
    "really remember s said say shall she shes should since so some sort still stuff t tell than thanks that the "
    "their them then there these they theyre thing things this those to today told too type until up us ve very was "
    "wasnt we well were what whats when whens where wheres which while who whom whos whose why will with wont would "
    "yes you your yours".split()
)
ZH = frozenset(
    "会不会|告诉过|差不多|有没有|一下|一个|一共|一直|一般|不是|不过|东西|之前|事情|什么|今天|"
    "今年|他们|以前|但是|你们|公斤|其实|准备|刚刚|刚才|前面|可以|后来|告诉|和你|咱们|哪里|"
    "因为|型号|城市|多少|大概|她们|如果|它们|左右|已经|平时|应该|怎么|总共|总是|我们|我家|"
    "所以|打算|提过|时候|来着|正在|没有|然后|现在|目前|知道|经常|而且|记得|说过|请问|跟你|"
    "这个|通常|那个|那些|一|上|下|不|与|两|个|为|么|也|了|事|些|人|从|他|会|但|位|你|"
    "做|元|再|几|分|刚|到|又|及|只|可|号|名|向|吗|吧|听|呀|呢|和|咱|哈|哦|哪|啊|啦|"
    "嘛|在|地|块|多|太|她|好|它|家|对|就|岁|干|弄|当|很|得|您|想|我|或|才|找|把|提|"
    "斤|日|是|最|月|有|条|来|杯|次|每|没|点|用|的|看|真|着|等|给|能|被|要|让|讲|说|"
    "谁|跟|过|还|这|那|都|里|钱|问".split("|")
)
WEAK = frozenset(
    "best big bring call come find first get give go goe goi good happen have keep last look make need new next plan "
    "put see spend take tri turn use want".split()
)
"""Stems that tell little: they count only beside others."""
