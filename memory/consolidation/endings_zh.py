"""Endings in Chinese. The patterns match one simplified clause."""

from __future__ import annotations

import re

from memory.consolidation.endings import OTHERS, STATUS, EndingRule, ending
from memory.consolidation.endings_en import PARTNERS

_REL = (
    r"姐姐|妹妹|哥哥|弟弟|妈妈|母亲|爸爸|父亲|老婆|妻子|太太|老公|丈夫|女朋友|男朋友|对象|儿子|女儿|爷爷|奶奶|外公|外婆"
    r"|姥姥|姥爷|老板|妈|爸|姐|妹|哥|弟"
)
_PET = r"猫咪|小猫|小狗|狗狗|猫|狗|兔子|仓鼠|鹦鹉|乌龟|金鱼|鸟"
_ADV = r"(?:现在|目前|已经|已|也|都|刚刚|刚|最近|终于|今年|去年|前年|今天|昨天|前天|昨晚|上个?月|上周|上个?星期|这个月|前几天|前阵子|年初|年底|正式|就|又|才|真的|彻底|完全|基本|早就|早|其实|\d{4}年|[\d一二三四五六七八九十]+月份?|[\d一二三四五六七八九十]+[号日]|周[一二三四五六日末])*"
_WHO = rf"(?<![你他她它和跟给对让叫问])(?:我|咱)(?:们家|们俩|们|俩|家)?(?:的)?(?P<r>{_REL})?{_ADV}"
_ELLIPTIC = rf"(?:^|(?<=[，。！？；、,.!?;\s])){_ADV}"  # a clause that leaves "I" out
_I = rf"(?:{_WHO}|{_ELLIPTIC})"
_V = r"(?P<v>[^，。！？；、：,.!?;:\s（）()了]{1,12}?)"
_GONE = r"(?:走了|去世了?|过世了?|离世了?|死了|死掉了|没了|不在了|去了?(?:喵星|汪星|天堂)|安乐死|送人了?|送走了?|送给[^，。]{1,8}了|走丢了?|跑丢了?|丢了|弄丢了)"

RULES: tuple[EndingRule, ...] = (
    # home
    ending(rf"{_I}(?:不再?|没再?|没有再?)(?:继续)?(?:居?住在?|在){_V}(?:住|生活|居住)?(?:了|啦|$)", "home", needs_value=True),
    ending(rf"{_I}(?:搬离|搬出|离开|搬走离开|告别)了?{_V}(?:了|啦|$|，|回|去)", "home", needs_value=True),
    ending(rf"{_I}(?:从{_V})?(?:搬走|搬出来?|搬家|退租|退房)(?:了|啦|$)", "home"),
    ending(rf"{_I}(?:把)?{_V}(?:的)?(?:房子|房|公寓|租的房)(?:退租?|退|卖)了?(?:了|掉|$)", "home", needs_value=True),
    # work
    ending(rf"{_I}(?:从{_V})?(?:离职|辞职|裸辞|辞了?(?:工作|职)|跳槽|失业|下岗|退休|不干|丢了?(?:工作|饭碗)|被裁(?:员|掉)?|被(?:开除|辞退|炒|优化|毕业)(?:鱿鱼|掉)?|炒了?(?:老板|公司)(?:的)?鱿鱼|换(?:了)?(?:新)?(?:工作|公司|东家)|转行|改行|没(?:有)?工作)", "employer job"),
    ending(r"(?:公司|单位|厂|店|老板|他们)(?:把我|将我)?(?:裁|开|炒|辞退|优化|倒闭|破产|关门)(?:了|掉|鱿鱼)", "employer job"),
    ending(rf"{_I}(?:不再?|没再?)(?:继续)?在{_V}(?:那儿|那里)?(?:工作|上班|干|做|任职)(?:了|啦|$)", "employer job", needs_value=True),
    ending(rf"{_I}(?:不再?|没再?)(?:当|做|是|干){_V}(?:了|啦|$)", "job diet status", needs_value=True),
    # studies
    ending(rf"{_I}(?:从{_V})?(?:毕业|退学|休学|辍学|肄业|不读了|不上学)", "studies"),
    # diet
    ending(rf"{_I}(?:又|重新|恢复|可以)*(?:开始|能)?(?:又)?(?:吃肉|吃荤|开荤|破戒)(?:了|啦|$)", "diet"),
    ending(rf"{_I}(?:不再?|没再?)(?:继续)?(?:吃素|吃斋|素食)", "diet"),
    # people
    ending(rf"(?<![他她你])(?:我|咱)(?:们|俩)?{_ADV}(?:(?:和|跟|与|同)[^，。！？,.!?]{{1,10}}?)?{_ADV}(?:分手|离婚|掰|散|分开|断|没在一起|不在一起)(?:了|啦|$)", "", PARTNERS | {STATUS}),
    ending(rf"^{_ADV}(?:和|跟|与)[^，。！？,.!?]{{1,10}}?{_ADV}(?:分手|离婚|掰|分开)(?:了|啦|$)|(?:把我甩|被甩|恢复单身|又单身)(?:了|啦|$)", "", PARTNERS | {STATUS}),
    ending(rf"(?<![他她你])(?:我|咱)(?:们|家)?(?:的)?(?P<r>{_REL}){_ADV}(?:去世|过世|离世|走了|不在了|死了)", ""),
    ending(rf"(?:^|(?<=[，。！？；、,.!?;\s])|我(?:们)?家?的?(?:{_PET})?)(?:把)?(?P<v>[^，。！？；、,.!?;\s我你他她它]{{1,6}}?){_ADV}{_GONE}", "pet name", frozenset({OTHERS}), needs_value=True),
    ending(rf"我(?:们)?(?:家)?(?:的)?(?:那只|那条)?(?P<v>{_PET}){_ADV}{_GONE}", "pet", frozenset({OTHERS, "self"}), needs_value=True),
    ending(rf"^{_ADV}(?P<v>[^，。！？；、,.!?;\s我你他她它]{{1,4}}?){_ADV}(?:离职|辞职|退休|调走|搬走|跳槽)(?:了|啦|$)", "name", frozenset({OTHERS}), needs_value=True),
    # likes and allergies
    ending(rf"{_I}(?:不再?|没那么|没有那么)(?:觉得)?(?:讨厌|反感|排斥|怕|嫌弃){_V}(?:了|啦|$)", "preference", needs_value=True),
    ending(rf"{_I}(?:能|可以|开始)(?:接受|吃|喝){_V}(?:了|啦|$)", "preference allergy", needs_value=True),
    ending(rf"(?:{_I}|让我|叫我|逼我|要我|帮我)(?:把)?(?:戒(?:掉|了|除)?){_V}(?:了|啦|$|[一两三四五六七八九十\d半])", "preference", needs_value=True),
    ending(rf"{_I}(?:把){_V}(?:给)?(?:戒|停)(?:掉|了)", "preference", needs_value=True),
    ending(rf"(?:{_I}|让我|叫我|劝我|不让我|不许我)(?:不再?|再也不|别再?|停止|停了?|少)(?P<v>[喝吃抽打玩看听用追练跑泡][^，。！？；、,.!?;\s了]{{0,8}}?)(?:了|啦|$)", "preference", needs_value=True),
    ending(rf"(?:{_I}|医生)(?:不让我|不许我)(?P<v>[喝吃抽打玩看听用][^，。！？；、,.!?;\s了]{{0,8}}?)(?:了|啦|$)", "preference", needs_value=True),
    ending(rf"(?:^|(?<=[，。！？；、,.!?;\s])|我(?:的)?(?P<r>{_REL})?(?:的)?)(?P<v>[^，。！？；、,.!?;\s我你他她]{{1,6}}?)过敏{_ADV}(?:好了|没了|消失了?|治好了?|痊愈了?|不过敏了|是误诊|是弄错了?|误诊了)", "allergy", needs_value=True),
    # names
    ending(rf"{_I}(?:不叫){_V}(?:了|啦|$)", "name", needs_value=True),
)  # fmt: skip

CLAUSE = re.compile(r"[^，。！？；,!?;\n]+")
# Whoever says so before a comma, except who knows it: 医生说，…
REPORTED = re.compile(r"(?<!医生)(?<!结果)(?:他|她|他们|朋友|同事|邻居|有人|别人)[^，]{0,6}[说问讲道]$")
