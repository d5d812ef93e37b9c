"""What stands around a question, and common slips of the keyboard."""

from __future__ import annotations

import re

SLIPS = {
    "waht": "what", "wat": "what", "wht": "what", "whta": "what", "nmae": "name", "naem": "name", "anme": "name", "nam": "name", "wher": "where",
    "whre": "where", "were's": "where's", "hwo": "who", "whos": "who's", "whats": "what's", "wats": "what's", "wheres": "where's", "whens": "when's",
    "liv": "live", "leave": "leave", "livve": "live", "wrok": "work", "werk": "work", "wok": "work", "jbo": "job", "brithday": "birthday",
    "birtday": "birthday", "bday": "birthday", "b-day": "birthday", "birthdy": "birthday", "favorite": "favourite", "favrite": "favourite", "fav": "favourite", "fave": "favourite",
    "favourit": "favourite", "color": "colour", "u": "you", "ur": "your", "r": "are", "teh": "the", "abuot": "about", "abt": "about", "knwo": "know",
    "rember": "remember", "remeber": "remember", "remmeber": "remember", "remembr": "remember", "yuo": "you", "yu": "you", "dose": "does", "cna": "can",
    "alergic": "allergic", "allergc": "allergic", "dauther": "daughter", "daugther": "daughter", "duaghter": "daughter", "sisiter": "sister",
    "broter": "brother", "wich": "which", "im": "i'm", "dont": "don't", "doesnt": "doesn't", "cant": "can't", "thier": "their", "plz": "please",
    "pls": "please", "thx": "thanks", "tommorow": "tomorrow", "yesturday": "yesterday", "yesterdy": "yesterday", "tel": "tell", "old'm": "old",
    "mai": "my", "mi": "my", "yr": "your", "odl": "old", "ccan": "can", "helo": "hello", "hllo": "hello", "helllo": "hello", "whered": "where did", "whatd": "what did", "whend": "when did", "whod": "who did", "hows": "how's", "howd": "how did", "wot": "what", "wen": "when", "hav": "have", "wus": "what's", "doin": "doing", "tho": "though", "shes": "she's", "hes": "he's", "theyre": "they're", "ive": "i've",
}  # fmt: skip
SLIPS_ZH = (("作么", "什么"), ("神马", "什么"), ("甚么", "什么"), ("什麽", "什么"), ("干啥", "做什么"), ("做啥", "做什么"), ("啥", "什么"), ("咋样", "怎么样"), ("咋", "怎么"), ("妳", "你"), ("干吗", "做什么"), ("多大岁数", "几岁"),
             ("干什么", "做什么"), ("干嘛", "做什么"), ("哪儿", "哪里"), ("在那里", "在哪里"), ("住那里", "住哪里"), ("住那", "住哪里"), ("您", "你"), ("俺", "我"),
             ("多少岁", "几岁"), ("多大年纪", "几岁"), ("什么名子", "什么名字"), ("名子", "名字"))  # fmt: skip
LEAD_EN = re.compile(
    r"^(?:(?:hey|hi|hello|hiya|yo|ok|okay|so|and|but|well|now|please|bot|um|uh|hmm|oh|btw|by the way|quick question|question|alright|right|cool|great|nice|thanks|thank you"
    r"|just|also|then|anyway|actually|buddy|dude|man|friend|good|listen|lol|haha|hehe|seriously)[ ,.!:;-]+)+"
)
ASKING_EN = re.compile(
    r"^(?:(?:do|did|can|could|would|will) (?:you|u)(?: please| still| maybe| really| even)? (?:know|remember|recall|tell me|remind me|say|repeat|guess)(?: of| to me)?"
    r"|(?:you )?(?:still )?(?:know|remember)|(?:please )?(?:tell me|remind me|tell us)(?: again)?(?: of| about(?= my (?:name|age)))?|i (?:forgot|forget|have forgotten|want to know|wonder|would like to know|'d like to know|need to know)"
    r"|any idea|guess|quick|let's see if you (?:know|remember)|what did i (?:say|tell you)(?: (?:is|was|about))?(?= my| i\b)|i told you|did i (?:ever )?(?:tell you|say|mention)|have i (?:ever )?(?:told you|said|mentioned)"
    r"|what was it again|what do you think|you should know|as i said)[ ,:]+"
)
TAIL_EN = re.compile(
    r"[ ,]+(?:again|please|pls|now|today|btw|then|though|right|huh|eh|buddy|bot|man|dude|thanks|thank you|do you know|do you remember|remember|tell me|you know|anyway|exactly|actually|can you tell me|could you tell me|at the moment|currently|these days|lol|haha|rn|tho|though|pls|lmao)$"
)
LEAD_ZH = re.compile(
    r"^(?:你好|嗨|嘿|喂|哈喽|hi|hello|hey|那么?|请问一?下?|请|麻烦|好吧|好的|嗯+|哦+|对了|话说|诶|哎|欸|哎呀|顺便问一?下?|问一?下?|我问你|问你|你(?:还|真的?)?(?:知不知道|知道|记不记得|记得|记住|猜猜?|清楚)(?:了)?|还记得|记得|知道|猜猜?看?|你觉得(?=我)|你说(?=我)|告诉我|跟我说说|说说|说一?下|考考你|我忘了|快说|机器人|小助手|ok|所以|现在|刚才|到底|究竟|其实|我(?:刚才?|刚刚|之前|前面|上次)(?:跟你|和你|对你)?(?:说|讲|告诉你)(?:过|了|的)?(?=我[^，。,]{0,8}(?:什么|啥|哪|谁|几|多)))[，,。!！:：、~ ]*"
)
ASKS_ZH = re.compile(r"什么|[哪谁]|几[岁个只号点]|多少|怎么|多大")
TAIL_ZH = re.compile(
    r"(?:[，, ]*(?:我|你)?(?:还|都)?(?:跟你|和你)?(?:记得|记住|知道|说过|讲过|告诉过你)(?:不|没有?|吧|了吗?)|来着|呀|啊|呢|哦|哈|嘛|啦|喽|哇|了吧|吧|告诉我|你知道吗|知道吗|你知道么|记得吗|还记得吗|你还记得吗|谢谢)$"
)
ASKS_LATE = re.compile(
    r"\b(?:is|are|was|were|do|does|did) (?:when|what|where|who|which|how)\b|\b(?:when|what|where|who|which(?: one)?|how (?:old|many|much|long))$"
)
ASKS_ALSO_ZH = re.compile(
    r"^(?:请|麻烦)?(?:列出|列一下|列举|数一数|说出|念一下)(?:所有|全部)?我|(?<![十好])几(?![乎])(?:[\u4e00-\u9fff]|$)|贵姓|[^，,]还是[^，,].{0,6}(?:好|呢|啊)?$|(?:记得|记住|知道|说过|告诉过你)(?:不|没有?|吧)$|[\u4e00-\u9fff]{2}(?:叫|是|在|姓)$"
)
BEGINS_ASKING = re.compile(
    r"^(?:and |so |but )*(?:since|till|until|by|from) (?:when|what)\b|^(?:at|in|on|for|with|to|from|by|of|about) (?:what|which|who|whom|whose|how)\b|^(?:(?:and|so|but|hey|ok|btw|also)\W+)*(?:(?:do|did|can|could) (?:you|u)|(?:you |u )?(?:still )?(?:know|remember)|tell me|remind me) (?:what|when|where|who|how|which|my|the name|our|if)\b|^(?:and |so |but )*(?:i forgot|i forget|i can'?t remember|not sure|no idea) (?:what|when|where|who|how|which)\b"
    r"|^(?:please )?(?:name|list|show me)(?: all)?(?: of)? (?:the [a-z ]+? (?:i|we) \w+|my [a-z ]+)$"
    r"|^(?:and|what about|how about|wbu)\b.{0,25}\?$"
)
TELLS_NOT = re.compile(r"(?:can'?t|don'?t|didn'?t|won'?t|couldn'?t|haven'?t|isn'?t|wasn'?t|doesn'?t|couldnt|havent)\b")
ASKS_BY_SOUND_ZH = re.compile(
    r"多[九酒]|[干作做][麻吗马码]$|什[莫摸]|[甚肿]么|来[着这的]+着?[\u4e00-\u9fff]{0,4}$|(?:对|是)(?:吧|不|么|不对|不是)$|[\u4e00-\u9fff]不$|(?:在|去|是|叫)那(?:里|儿|个|种|家)?$|几[\u4e00-\u9fff]?$"
)
"""Interrogatives written by their sound, and endings that ask."""
LAST_CLAUSE = re.compile(r"[,;:.!…]+\s+|\s+[-–—]+\s+|\.\.+\s*")
EXCLAIMS = re.compile(
    r"what an?\b|how (?:nice|lovely|cool|sad|awful|great|funny|annoying)\b|who (?:knows|cares)|why not\b|(?:who|whom|whose|which|where)\b(?! (?:is|are|was|were|do|does|did|am)\b)(?!'s\b)|has|have|had|is|are|was|were|will|can|could|do|does|did|would|should"
)
"""How a clause begins that exclaims, or goes on from a subject before it."""
STATES = re.compile(r"\b(?:is|are|am|was|were|i|i'm|im|i've|have|has|got|my|he's|she's|it's|its|we)\b")
