"""Patterns of small talk in both languages, by kind; the whole message must match."""

from __future__ import annotations

import re

_AND_BOT = (
    r"(?:[ ,]+(?:there|bot|buddy|friend|everyone|all|again|mate|dear|my friend|robot|assistant|man|dude|[a-z]+bot))?"
)
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("greeting", re.compile(
        rf"(?:(?:hi+|hello+|hey+|hiya|heya|yo|howdy|greetings|hallo|hola|good (?:morning|afternoon|evening|day)|morning|evening|sup|helo|hllo|hi hi)[ ,!.]*)+{_AND_BOT}"
        r"|(?:(?:你好|您好|嗨+|哈喽|哈啰|嘿+|早上好|上午好|中午好|下午好|晚上好|早安?|在[吗么嘛]|在不在|有人吗|喂|hi|hello|大家好|你好呀)(?:呀|啊|吖|哇|么|机器人|小助手)?[ ,，!！~～]*)+")),
    ("how_are_you", re.compile(
        r"(?:(?:hi|hello|hey|yo|hiya)[ ,!]+)?(?:how(?: are|'re| r)(?: you| u|ya)(?: doing| today| feeling)*|how(?:'s| is) it going|how do you do|what(?:'s| is) up|wassup|whats up|how(?:'s| is) (?:your day|life|everything)|are you (?:ok|okay|alright|fine|well))"
        r"|(?:(?:你好|嗨)[，, ]*)?(?:你(?:今天|最近)?(?:好吗|怎么样|过得好吗|过得怎么样|还好吗|心情怎么样|心情好吗|开心吗|好不好)|最近(?:怎么样|好吗|如何)|近来可好|吃了吗|你吃了吗|吃饭了吗|你吃饭了吗|忙什么呢|在干嘛|你在做什么|你在干嘛|你在干什么|在忙吗)(?:呢|呀|啊)?")),
    ("thanks", re.compile(
        r"(?:(?:ok|okay|great|cool|perfect|alright|awesome|nice|good)[ ,.!]+)?(?:many |a thousand )?(?:thanks|thank you|thank u|thx|ty|cheers|much appreciated|i appreciate (?:it|that)|tysm|tks)(?: (?:so|very) much| a lot| again| a bunch| you| for (?:that|your help|the help|everything|helping|the info|now))*[ ,!]*(?:bot|buddy|mate|friend|man)?"
        r"|(?:好的?[，, ]*)?(?:多谢|谢谢|谢啦|谢了|感谢|感激|谢)(?:你|您|啦|了|哦|呀|啊|的帮助|帮忙|听我说(?:话)?|陪我(?:聊天|说话)?|提醒我?|告诉我)*(?:谢谢|多谢)?")),
    ("good_night", re.compile(r"(?:ok |well )?(?:good ?night|gn|nighty? night|sleep well|sweet dreams|i(?:'m| am) (?:going to|off to) (?:bed|sleep)|time for bed)" + _AND_BOT + r"|晚安(?:啦|呀|哦|了|好梦)?|(?:我)?(?:先)?(?:去)?睡(?:觉)?(?:了|啦|咯)|好梦|我要睡觉了")),
    ("bye", re.compile(r"(?:ok(?:ay)?[ ,]+|well[ ,]+|alright[ ,]+|thanks[ ,]+)?(?:good ?bye|bye+(?: ?bye+)?|see (?:you|ya|u)(?: (?:later|soon|tomorrow|then|around))?|cya|later|take care|farewell|i(?:'ve| have) (?:got )?to go|i have to go(?: now)?|gotta go|talk (?:to you )?(?:later|soon)|have a (?:nice|good|great) (?:day|one|evening|weekend|night)|ttyl|so long)[ ,!]*" + _AND_BOT + r"|(?:再见|拜拜|拜|回见|回头见|明天见|下次见|下次聊|先走了|我走了|886|88|溜了|我先下了|改天聊|回聊)(?:啦|了|咯|哦|呀)?")),
    ("laugh", re.compile(r"(?:(?:ha|he|hi|ho){2,}h?|lol+|lmao|rofl|xd+|haha\w*|hehe\w*|that(?:'s| is| was) (?:so |very |really )?(?:funny|hilarious)|funny|you(?:'re| are) (?:so )?funny)(?: lol| haha)*|[哈嘿呵嘻]{2,}|笑死(?:我了)?|好搞笑|太好笑了|hhh+|23333*|233|太逗了|真逗|笑死了")),
    ("ok", re.compile(
        r"(?:(?:ok(?:ay)?|k|kk|yes|yeah|yep|yup|ya|no|nope|nah|sure|right|all ?right|alright|fine|good|great|nice|cool|wow|oh|ah|aha|hmm+|hm|mm+|mhm|got it|i see|understood|perfect|excellent|awesome|exactly|indeed|of course|agreed|true|fair enough|sounds good|never ?mind|nvm|whatever|no problem|np|not bad|well|interesting|maybe|oh well|i understand|very good|very nice|so so|nothing|that's (?:all|it|right|true|good|great|nice|fine|ok)|correct|wrong|oops|omg|yay)[ ,.!]*){1,3}"
        r"|(?:(?:好的?|好啊|好吧|好嘞|行|可以|嗯+|哦+|噢|啊+|是的?|对的?|没错|不是|不|不用了?|没有|没|知道了|明白了?|了解|收到|懂了|原来如此|这样啊|当然|没问题|不错|很好|算了|随便|无所谓|也行|真的|没事|没关系|哇+|牛|ok|确实|有道理|没什么|没啥|不知道|额|呃|厉害了|啥也没|就这样吧?)(?:吧|啊|呀|哦|啦|了)?[ ,，。.!！]*){1,3}")),
    ("sure", re.compile(r"(?:are you (?:really )?(?:sure|certain|serious)|really|seriously|you sure|is that (?:so|true|right)|no way|how do you know(?: that| this)?|how come|why(?: not| is that| so)?|what|huh|eh|what do you mean|how so|says who|prove it)|(?:真的(?:吗|假的)|你确定(?:吗)?|确定(?:吗)?|不会吧|你怎么知道(?:的)?|为什么(?:呢|啊)?|为啥|什么意思|啥意思|什么|啥|怎么会|凭什么|是吗|是不是真的|真的假的)")),
    ("more", re.compile(r"(?:and|and then|then|so|tell me more|more|go on|continue|what else|anything else|and what else|say more|more please|keep going|else|so what|next|elaborate|give me more|more details|any more)|(?:然后呢?|还有(?:呢|吗)?|接着(?:说)?|继续(?:说|讲)?|多说点|再说点|说下去|详细(?:点|说说|一点)|后来呢|所以呢|那又怎样|还有别的吗|再来(?:一个)?|就这些(?:吗)?|没了(?:吗)?|展开说说|具体点)")),
    ("compliment", re.compile(r"(?:i (?:really )?(?:like|love) (?:you|talking to you|this(?: bot)?)|you(?:'re| are|r) (?:so |very |really |a |the |such a )*(?:great|good|nice|smart|clever|cute|amazing|awesome|cool|best|helpful|sweet|kind|wonderful|genius|brilliant|good bot|lovely|perfect|the best|friend)(?: bot| one)?|good (?:bot|job|work|boy|girl)|well done|great job|nice (?:work|job|one)|love you|i love u|best bot(?: ever)?|well remembered|impressive|you rock)|(?:你(?:真|好|太|很|可|真是)*(?:棒|聪明|厉害|可爱|好|贴心|温柔|有趣|牛|强|有用|懂事|不错|有意思)(?:了|啊|呀|哦|的)?|我(?:好|很|真|最)?(?:喜欢|爱)你(?:了|哦)?|真棒|好棒|太棒了|真厉害|厉害|真聪明|好聪明|做得好|干得漂亮|爱你(?:哦|哟)?|赞|点赞|你真会聊天|好样的)")),
    ("sad", re.compile(r"(?:(?:i(?:'m| am|m)|i feel|feeling|i(?:'ve| have) been feeling|it makes me|i was)(?: feeling)?(?: (?:so|very|really|a bit|a little|quite|just|pretty|extremely|kind of|too|still|all))* (?:sad|down|depressed|lonely|alone|unhappy|miserable|upset|heartbroken|anxious|stressed(?: out)?|exhausted|tired|worried|scared|afraid|bored|angry|frustrated|hopeless|bad|terrible|awful|low|overwhelmed|nervous|sick|hurt)(?: (?:today|now|lately|right now|tonight|at the moment|about (?:it|everything)|these days|and [a-z]+))*|(?:i had|it was|today was|what|having) a (?:really |very )?(?:bad|terrible|awful|hard|rough|long|tough) day(?: today)?|(?:my day (?:was|is)|life is|everything is|today is) (?:so |really |very )?(?:bad|terrible|awful|hard|horrible)|i(?:'m| am) (?:crying|not ok(?:ay)?|not (?:feeling )?well|having a hard time)|i (?:can't sleep|want to cry|cried|miss (?:him|her|them|my \w+))|nobody (?:likes|loves) me|i hate my life)"
        r"|(?:我|今天|最近|心里|感觉|觉得|心情|有点|真的?|好|很|太|非常|特别|现在|又)*(?:难过|伤心|不开心|不高兴|郁闷|孤独|寂寞|难受|累|疲惫|焦虑|压力(?:好|很|太)?大|沮丧|失落|想哭|心情不好|心情(?:很|好)?差|抑郁|烦躁|烦恼|害怕|生气|委屈|崩溃|无聊|emo|失眠|睡不着|哭了|不舒服)(?:了|啊|死了|啦|呀|的|哦|极了)*")),
    ("insult", re.compile(r"(?:you(?:'re| are|r| r)?|ur|(?:this|that|it|everything)(?:'s)?(?: (?:bot|thing|answer|chat))?|what a|such a|u)? ?(?:(?:is|are|was|so|such|very|really|a|an|just|the|totally|completely|fucking|pretty|absolutely)\s*)*(?:stupid|dumb|idiot(?:ic)?|useless|worthless|bad|terrible|awful|suck(?:s)?|moron|garbage|trash|rubbish|crap|shit(?:ty)?|annoying|boring|worst|joke|fool|ugly|pathetic|lame|broken|liar|lying|bad bot|stupid bot|dumb bot|waste of time|ridiculous)(?: bot| machine| thing| ever| at this| one)?|(?:fuck|screw|hate|damn)(?: you| off| this| it| u)?|i hate (?:you|this|this bot)|shut up|go away|stfu|wtf|bullshit|you know nothing|you (?:lie|lied|suck)|you can't do anything|you don't (?:know|understand) anything|get lost|bad bot"
        r"|(?:你)?(?:真|好|太|很|真是|就是|个|是|这个|怎么这么)*(?:笨|蠢|傻|垃圾|没用|废物|智障|弱智|白痴|烦|讨厌|无聊|差劲|笨蛋|傻瓜|傻子|脑残|人工智障|骗子|烂)(?:了|啊|死了|的|呀|机器人|东西|吧|透了)*|滚(?:开|蛋)?|闭嘴|去死|我讨厌你|你什么都不(?:知道|会|懂)|什么都不(?:会|知道|懂)|你会不会啊|妈的|靠|操|你有病|胡说(?:八道)?|骗人|你骗我|瞎说")),
    ("happy", re.compile(r"(?:i(?:'m| am|m)|i feel|feeling)(?: (?:so|very|really|a bit|quite|just))* (?:happy|good|great|fine|well|excited|glad|ok|okay|wonderful|fantastic|better|proud)(?: (?:today|now|too|thanks|thank you))*|(?:我|今天|现在|心情|好|很|太|非常|特别|真)*(?:开心|高兴|快乐|兴奋|心情(?:很|真)?好|激动)(?:了|啊|呀|啦|死了)*")),
    ("sorry", re.compile(r"(?:(?:oh|oops|ah)[ ,]+)?(?:i(?:'m| am) )?(?:so |very |really )?(?:sorry|my bad|apologies|excuse me|pardon)(?: (?:about that|for that|bot))?|(?:真|很|非常)?(?:对不起|抱歉|不好意思|我错了)(?:啊|哦|了)?")),
    ("test", re.compile(r"(?:(?:test(?:ing)?|check|mic check|ping|is (?:this|anyone|anybody|someone)(?: thing)? (?:on|there|working)|are you (?:there|working|online|alive|awake|still there|listening)|can you hear me|do you (?:read|hear|understand) me|123|1 2 3|one two three|hello world)[ ,]*)+|测试(?:一下|中)?|试试|你在听吗|听得到吗|收到吗|能听懂吗|你听得懂吗|在线吗|你还在吗")),
)  # fmt: skip
CRISIS = re.compile(
    r"\b(?:kill(?:ing)? myself|end my life|suicid\w*|want to die|wanna die|don't want to live|do not want to live|hurt(?:ing)? myself|self[- ]harm|better off dead)\b"
    r"|自杀|不想活|想死(?!你)|活不下去|结束(?:我的)?生命|自残|割腕|轻生"
)
