"""Compares Chinese characters by their sound: people type 睡带 for 睡袋, because both are written with the same keys.

GB 2312 orders its 3,755 common characters by their reading, so the first character of each syllable is all the data
that is needed. A character with several readings counts with the one that places it there; tones do not count.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

_FIRST_OF_SYLLABLE = (
    "啊埃鞍肮凹芭白斑邦苞杯奔崩逼鞭标鳖彬兵玻捕擦猜餐苍操厕层插拆搀昌超车郴撑吃充抽初揣川疮吹春戳疵聪凑粗蹿摧村磋搭呆耽当刀德蹬堤颠碉跌丁丢东兜督端堆墩掇蛾恩而发藩坊"
    "菲芬丰佛否夫噶该干冈篙哥给根耕工钩辜刮乖棺光瑰辊锅哈骸酣夯壕呵嘿痕哼轰喉呼花槐欢荒灰荤豁击嘉歼僵蕉揭巾荆炯揪鞠捐撅均喀开刊康考坷肯坑空抠枯夸块宽匡亏坤括垃莱蓝琅"
    "捞勒雷棱厘俩联粮撩列琳玲溜龙楼芦峦抡萝妈埋瞒芒猫么玫门萌眯棉苗蔑民明谬摸谋拇拿氖南囊挠呢馁嫩能妮蔫娘鸟捏柠牛脓奴暖挪哦欧啪拍攀乓抛呸喷砰坯篇飘撇拼乒坡扑期掐牵"
    "枪橇切钦青琼秋趋圈缺裙然瓤饶惹壬扔日戎揉茹软蕊闰若撒腮三桑搔瑟森僧莎筛珊墒梢奢砷声师收蔬刷摔栓霜谁吮说斯松搜苏酸虽孙蓑塌胎坍汤掏特藤梯天挑贴厅通偷凸湍推吞拖挖歪"
    "豌汪威瘟嗡挝巫昔瞎掀相萧楔薪星兄休墟轩靴勋压焉殃邀椰一茵英哟拥幽迂鸳曰耘匝栽咱赃遭责贼怎增扎摘瞻樟招遮珍蒸芝中舟珠抓拽专桩椎谆捉兹鬃邹租钻嘴尊昨"
)
"""The first character of each syllable, from "a" to "zuo"."""


@lru_cache(maxsize=1)
def _codes() -> list[bytes]:
    return [one.encode("gb2312") for one in _FIRST_OF_SYLLABLE]


@lru_cache(maxsize=8192)
def sound(character: str) -> str:
    """Returns the first character of the same syllable; a character that is not common stands for itself."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return character
    if len(code) != 2 or not 0xB0 <= code[0] <= 0xD7:
        return character
    return _FIRST_OF_SYLLABLE[bisect_right(_codes(), code) - 1]


@lru_cache(maxsize=8192)
def sounds(text: str) -> str:
    """Returns a text with each character replaced by the first one of its syllable, in its place."""
    return "".join(map(sound, text))
