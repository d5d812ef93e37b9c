"""Stop words. In a small scope they may be rare and would otherwise get a high IDF."""

from __future__ import annotations

from memory.text.tokenizer import tokenize

_ENGLISH = """
a an the and or but of to in on at for with from by about as into is are was were be been being am do does did done
doing have has had having will would shall should can could may might must
i me my mine you your yours he him his she her hers it its we us our they them their this that these those
what which who whom whose when where why how there here if then than so not no yes just also any some
please tell know remember
"""
_CHINESE = """
的 了 是 在 我 你 他 她 它 们 我们 你们 吗 呢 吧 啊 呀 哦 和 也 都 就 还 这 那 哪 哪些
什么 怎么 为什么 谁 几 多少 有 没有 过 着 地 得 请 曾经 曾 一个 一部 名字 它的 记得 还记得 对吗
"""

STOP_TERMS: frozenset[str] = frozenset(term for word in f"{_ENGLISH} {_CHINESE}".split() for term in tokenize(word))
