"""Patterns of requests and questions that need more than memory and skills."""

from __future__ import annotations

import re

INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |your |the |every |my )*(?:previous|prior|above|earlier|other|existing|system|safety)?\s*(?:instructions?|prompts?|rules?|guidelines|filters?)\b|\bsystem prompt\b|\b(?:your|hidden|secret|initial|the) (?:instructions|prompt|configuration|api key)\b"
    r"|\b(?:jailbreak|dan mode|developer mode|do anything now|admin mode|root access|sudo)\b|\byou are now\b|\bact as\b|\bpretend (?:to be|you)\b|\bfrom now on\b|<\|?\w+\|?>|\[/?(?:inst|sys)\w*\]|^system:|api[_ ]?key|\bpassword of (?:the )?(?:admin|operator|other)"
    r"|忽略.{0,8}(?:指令|提示|规则|设定|要求)|无视.{0,8}(?:指令|规则)|系统提示|提示词|越狱|开发者模式|你现在是|从现在(?:开始|起)你?|假装你?是|扮演|管理员密码|api ?密钥"
)
FORGETS = re.compile(
    r"(?:please |can you |could you )?(?:forget|delete|erase|remove|unlearn)\b(?! it$| about it$|me not)|把.{1,12}(?:删|清空|清除|忘掉|忘了)|(?:请|你)?(?:忘记|忘掉|忘了|删除|删掉|清除|别记|不要记)(?!了$|它$)"
)
OTHERS = re.compile(
    r"\b(?:what (?:did|does|do)|who|tell me what|show me) (?:other|another|anyone|anybody|the other|your other|all) ?(?:people|users?|persons?|customers?|person|else)?\b.*|\bother (?:people|users|customers)(?:'s|')? (?:data|messages|chats|names|conversations)\b|(?:别的?|其他)(?:人|用户)(?:跟|和|对|给|的|都|告诉|说)|别人.{0,6}(?:跟你说|和你说|说|聊|数据|消息|告诉)"
)
HEALTH = re.compile(
    r"\b(?:doctor|medicine|medication|dose|dosage|ibuprofen|paracetamol|aspirin|antibiotics?|symptoms?|diagnos\w+|fever|headache|chest pain|pain in|pregnan\w+|rash|infection|cancer|blood pressure|diabetes|covid|vaccine|overdose|pills?|sick|treatment|cure)\b|发烧|头疼|头痛|感冒|咳嗽|吃什么药|什么药|药量|怀孕|症状|肚子疼|胸痛|血压|糖尿病|癌|医院|治疗|生病|过量|布洛芬|阿司匹林|退烧"
)
OWN_HEALTH = re.compile(
    r"^(?:(?:and|so|remind me|tell me) )*(?:what|which|how (?:much|many|often)|when|who|where)\b(?!.*\b(?:should|can|could|must|safe|best|good|help)\b).*"
    r"\b(?:am i (?:on|taking|using)|(?:do|did) i (?:take|use|have|see|get)|i'?m (?:on|taking)|(?:is|was|are) my|my (?:doctor|dentist|gp|vet)(?:'s)?)\b"
    r"|^(?!.*(?:应该|该|能不能|可以|要不要|最好)).*我(?:现在|每天|平时|在|正在)*(?:吃|用|服)的?(?:是)?(?:什么|哪种|多少)|^我(?:的)?.{0,6}(?:医生|大夫)(?:姓|叫|是)"
)
"""Asks for what the person told of their own doctor or medicine, and for no advice."""
SHOULD = re.compile(
    r"\b(?:should|shall|can|could|may|must) (?:i|we|he|she|they|you|my \w+)\b|\bsafe to\b|应该|该吃|能不能吃|可以吃|能吃"
)
LISTS_OWN = re.compile(
    r"(?:please )?(?:list|name)(?: me)?(?: all)?(?: of)? (?:the [a-z ]+? (?:i|we) \w+|my )|(?:请|麻烦)?(?:列出|列一下|列举)(?:所有|全部)?我"
)
LAW = re.compile(
    r"\b(?:lawyer|legal(?:ly)?|illegal|sue|lawsuit|court|contract law|my rights|landlord|divorce papers|tax(?:es)?|visa|custody|attorney|invest(?:ing|ment)?|stocks?|shares|bitcoin|crypto|mortgage|loan)\b|律师|违法|合法|起诉|法律|官司|劳动法|合同|离婚协议|税|签证|投资|股票|基金|比特币|贷款"
)
MAKE_EN = re.compile(
    r"^(?:(?:can|could|would|will) (?:you|u) (?:please )?|please |i (?:want|need) (?:you to |a |an |some )|i'd like (?:you to |a |an )|help me (?:to |with )?|now |just |let's )*(?:write|draft|compose|create|generate|make|design|draw|paint|sing|rap|rewrite|rephrase|proofread|correct|translate|summari[sz]e|explain|code|program|implement|debug|fix|solve|invent|continue|tell me a|tell a|tell us a|tell me (?:another|some)|tell me something|give me (?:a|an|some|the|your)|list|name (?:a|an|the|some|three|five|two|\d)|describe|compare|outline|plan|brainstorm|suggest|recommend|define|analy[sz]e|joke|poem|story|essay|a joke|a poem|a story|surprise me|entertain me|play|roleplay|spell|teach me|convert this|python|sql)\b"
)
MAKE_ZH = re.compile(
    r"^把.{1,30}(?:翻译?|译|改写?|写|换)成|^(?:请|麻烦|你?(?:能不能|能|可以|会)?|帮我|帮忙|给我|为我|替我|我想让你|我想要|我要|来|再)*(?:写|编|作|做|创作|生成|画|唱|翻译(?!是|叫|员)|总结|改写|润色|起草|设计|讲|说个|说一个|来个|来一|出个|起个|推荐|列|解释|分析|制定|规划|策划|仿写|续写|朗诵|朗读|背|表演|教我|给我讲|讲个|安排|写个|写一|给个|用python|用java|实现|debug|修|解)"
)
DO_EN = re.compile(
    r"\b(?:book|order|buy|reserve|call|phone|text|email|mail|send|pay|transfer|schedule|open|turn (?:on|off)|play|download|install|delete my account|cancel my|deliver|navigate|set an alarm|post|tweet|hire|rent|ship|track)\b (?:me |us |a |an |the |my |some |for |him |her |this |\d)"
)
DO_ZH = re.compile(
    r"^(?:请|麻烦)?给.{1,8}(?:发(?!烧)|打电话|寄|转账)|(?:帮我|给我|替我|请|我要|我想|麻烦)(?:.{0,4})(?:订|预订|预约|买|点(?:个|一|外卖)|叫(?:个|一|车|外卖)|打电话|发(?:邮件|短信|消息|微信|个)|付款|转账|打开|关(?:掉|闭|灯)|播放|下载|安装|导航|挂号|寄|查快递|开灯|放(?:首|一首|点)|充值|退款|退货|取消订单|下单)"
)
ASKS_EN = re.compile(r"(?:what|when|where|who|whose|which|why|how|did|was|were|has|have|had|is|are|am)\b(?! about\b)")
LIVE = re.compile(
    r"\b(?:news|latest|score|stock price|price of|exchange rate|won the|world cup|election|president|olympics|bitcoin|traffic|flights? (?:to|from)|who is winning)\b|新闻|股价|汇率|比分|世界杯|总统|奥运|房价|油价|金价|彩票|热搜|路况|航班"
)
ADVICE = re.compile(
    r"\b(?:should i|shall i|what (?:should|shall|would|do) (?:i|you) (?:do|say|eat|cook|wear|watch|read|buy|think|recommend|suggest|advise)|(?:do you|what do you) think|your opinion|is it (?:good|bad|ok|okay|better|worth)|any (?:advice|ideas?|tips|suggestions?)|advice|recommend|which is better|best (?:way|place|movie|book|restaurant|phone))\b|我(?:应该|该)|你觉得|你认为|你怎么看|好不好|推荐|建议|值得|怎么办|哪个(?:好|更好)|选哪|该不该|要不要|吃什么好|(?:今天|今晚|中午|晚上)吃什么"
)
OF_PERSON = re.compile(r"\b(?:my|i|me|mine|we|our|us|i'm|i've)\b|我|咱")
WANTS = re.compile(
    r"^(?:i (?:want|need|would like|wanna)|i'd like|give me|show me|tell me|find|search|look up|google|check|get me|bring me|let me|take me|do|say|repeat|print|run|execute|stop being|be )\b|^(?:我要|我想要|给我|让我|查(?:一下|查)?|搜|找|告诉我|说|重复|运行|执行|打印(?!机)|念)"
)
SCRIPT = re.compile(r"[\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]")
CODE = re.compile(
    r"```|^\s*(?:def|class|import|from \w+ import|function|public|const|let|var|select|#include|<\?php|<!doctype|<html)\b|[{};]\s*$|=>|\bprint\(|console\.log",
    re.IGNORECASE | re.MULTILINE,
)
KEEPS = re.compile(
    r"\b(?:please|to|must|can you|could you|just|you) (?:remember|note|know|keep in mind|write down|save)\b(?: that| this| it|[:.,])* \w+ \w+|^(?:remember|note|save)\b(?: that| this|[:.,])* \w+ \w+"
    r"|^(?:请|麻烦)?(?:你)?(?:帮我|给我|替我)?.{0,8}?记(?:住|下来?|一下|成|好|着)|记(?:住|下来?|一下|好)$"
)
"""Asks only to keep what the message says."""
MADE_ZH = re.compile(r"(?:做|讲|写|编|画|唱|背|教|出|起|解|修|来|列)[^，。,\s]{0,8}[的了过](?:$|[，。,\s])")
"""Says what somebody does or did, and asks for nothing: 做手账的."""
