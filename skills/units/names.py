"""Names of units in both languages -> names of pint. What stands here is what the skill understands."""

from __future__ import annotations

# Units that pint does not know: 里, 斤 and so on are those of mainland China, and its acre is that of old US surveys.
DEFINITIONS = (
    "li_zh = 500 * meter",
    "chi = meter / 3",
    "cun = chi / 10",
    "zhang = 10 * chi",
    "jin = 500 * gram",
    "liang = 50 * gram",
    "qian = 5 * gram",
    "dan_zh = 50 * kilogram",
    "taijin = 600 * gram",
    "mu_zh = 2000 * meter ** 2 / 3",
    "qing_zh = 100 * mu_zh",
    "international_acre = 4840 * yard ** 2",
    "ping = 400 * meter ** 2 / 121",
)

_NAMES = {
    # length
    "millimeter": "mm millimeter millimeters millimetre millimetres 毫米",
    "centimeter": "cm centimeter centimeters centimetre centimetres 厘米 公分",
    "decimeter": "dm decimeter decimeters decimetre decimetres 分米",
    "meter": "m meter meters metre metres 米 公尺",
    "kilometer": "km kms kilometer kilometers kilometre kilometres 千米 公里",
    "inch": "in inch inches 英寸 吋",
    "foot": "ft foot feet 英尺 呎",
    "yard": "yd yard yards 码",
    "mile": "mi mile miles 英里 哩",
    "nautical_mile": "nmi 海里|nautical mile|nautical miles",
    "micrometer": "µm um micrometer micrometers micron microns 微米",
    "nanometer": "nm nanometer nanometers 纳米",
    "light_year": "ly 光年|light year|light years",
    "li_zh": "li 里 华里 市里",
    "zhang": "zhang 丈",
    "chi": "chi 尺 市尺",
    "cun": "cun 寸 市寸",
    # weight
    "milligram": "mg milligram milligrams 毫克",
    "gram": "g gram grams gramme grammes 克",
    "kilogram": "kg kgs kilo kilos kilogram kilograms 千克 公斤",
    "metric_ton": "t tonne tonnes 吨|metric ton|metric tons",
    "ounce": "oz ounce ounces 盎司",
    "pound": "lb lbs pound pounds 磅",
    "stone": "st stone stones 英石",
    "jin": "jin catty catties 斤 市斤",
    "liang": "liang 两 市两",
    "qian": "钱",
    "dan_zh": "担",
    "taijin": "台斤",
    # area
    "centimeter ** 2": "cm2 cm² sqcm 平方厘米|sq cm|square centimeters|square centimetres",
    "meter ** 2": "m2 m² sqm 平方米 平米|sq m|square meter|square meters|square metre|square metres",
    "kilometer ** 2": "km2 km² 平方公里 平方千米|sq km|square kilometer|square kilometers|square kilometres",
    "foot ** 2": "ft2 ft² sqft 平方英尺|sq ft|square foot|square feet",
    "inch ** 2": "平方英寸|sq in|square inch|square inches",
    "mile ** 2": "平方英里|sq mi|square mile|square miles",
    "hectare": "ha hectare hectares 公顷",
    "international_acre": "ac acre acres 英亩",
    "mu_zh": "mu 亩 市亩",
    "qing_zh": "顷",
    "ping": "坪",
    # volume
    "milliliter": "ml milliliter milliliters millilitre millilitres 毫升",
    "centiliter": "cl centiliter centiliters centilitre centilitres",
    "liter": "l liter liters litre litres 升 公升",
    "meter ** 3": "m3 m³ cbm 立方米 立方|cubic meter|cubic meters|cubic metre|cubic metres",
    "centimeter ** 3": "cm3 cm³ cc 立方厘米|cubic centimeter|cubic centimeters",
    "foot ** 3": "ft3 立方英尺|cubic foot|cubic feet",
    "gallon": "gal gallon gallons 加仑|us gallon|us gallons",
    "imperial_gallon": "英制加仑|imperial gallon|imperial gallons|uk gallon|uk gallons",
    "quart": "qt quart quarts 夸脱",
    "pint": "pt pint pints 品脱",
    "cup": "cup cups",
    "tablespoon": "tbsp tablespoon tablespoons",
    "teaspoon": "tsp teaspoon teaspoons",
    "fluid_ounce": "floz 液量盎司|fl oz|fluid ounce|fluid ounces",
    "oil_barrel": "bbl barrel barrels 桶",
    # temperature
    "degC": "c degc °c ℃ celsius centigrade 摄氏 摄氏度|degrees c|degrees celsius|degree celsius|degrees centigrade|deg c",
    "degF": "f degf °f ℉ fahrenheit 华氏 华氏度|degrees f|degrees fahrenheit|degree fahrenheit|deg f",
    "kelvin": "k kelvin kelvins 开尔文",
    # speed
    "kilometer / hour": "kmh kph km/h kmph 公里/小时 公里每小时 千米每小时 千米/小时|kilometers per hour|kilometres per hour|km per hour",
    "mile / hour": "mph mi/h 英里每小时 英里/小时|miles per hour|miles an hour",
    "meter / second": "m/s mps 米每秒 米/秒|meters per second|metres per second",
    "foot / second": "ft/s fps|feet per second",
    "knot": "kn kt knot knots 节",
    # time
    "millisecond": "ms millisecond milliseconds 毫秒",
    "second": "s sec secs second seconds 秒 秒钟",
    "minute": "min mins minute minutes 分钟",
    "hour": "h hr hrs hour hours 小时 钟头",
    "day": "d day days 天 日",
    "week": "wk week weeks 周 星期 礼拜",
    # data
    "bit": "bit bits 比特",
    "byte": "b byte bytes 字节",
    "kilobyte": "kb kilobyte kilobytes",
    "megabyte": "mb megabyte megabytes",
    "gigabyte": "gb gigabyte gigabytes",
    "terabyte": "tb terabyte terabytes",
    "kibibyte": "kib kibibyte kibibytes",
    "mebibyte": "mib mebibyte mebibytes",
    "gibibyte": "gib gibibyte gibibytes",
    "tebibyte": "tib tebibyte tebibytes",
    # energy, power, pressure
    "joule": "j joule joules 焦耳 焦",
    "kilojoule": "kj kilojoule kilojoules 千焦",
    "calorie": "cal calorie calories 卡路里",
    "kilocalorie": "kcal kilocalorie kilocalories 千卡 大卡",
    "kilowatt_hour": "kwh 千瓦时 度电|kilowatt hour|kilowatt hours",
    "watt": "w watt watts 瓦 瓦特",
    "kilowatt": "kw kilowatt kilowatts 千瓦",
    "metric_horsepower": "ps 马力",
    "horsepower": "hp horsepower 英制马力",
    "pascal": "pa pascal pascals 帕 帕斯卡",
    "kilopascal": "kpa kilopascal kilopascals 千帕",
    "bar": "bar bars 巴",
    "psi": "psi",
    "standard_atmosphere": "atm atmosphere atmospheres 大气压",
    "millimeter_Hg": "mmhg 毫米汞柱",
    # angle, fuel
    "degree": "° deg degree degrees 度",
    "radian": "rad radian radians 弧度",
}
UNITS: dict[str, str] = {
    word: unit
    for unit, listed in _NAMES.items()
    for number, part in enumerate(listed.split("|"))
    for word in (part.split() if number == 0 else (part,))
}
"""Name as people write it (simplified, lower case) -> name of pint."""

COMPOSITES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    **dict.fromkeys(
        ("feet and inches", "foot and inches", "feet inches", "ft and in", "ft in", "ft+in"),
        (("foot", " feet"), ("inch", " inches")),
    ),
    **dict.fromkeys(("pounds and ounces", "lb oz", "lbs and oz"), (("pound", " pounds"), ("ounce", " ounces"))),
    **dict.fromkeys(("stone and pounds", "st lb"), (("stone", " stone"), ("pound", " pounds"))),
    **dict.fromkeys(("hours and minutes", "hours minutes"), (("hour", " hours"), ("minute", " minutes"))),
    "英尺几英寸": (("foot", "英尺"), ("inch", "英寸")),
    "尺几寸": (("chi", "尺"), ("cun", "寸")),
    "斤几两": (("jin", "斤"), ("liang", "两")),
    **dict.fromkeys(("小时几分钟", "小时几分", "个小时几分钟"), (("hour", "小时"), ("minute", "分钟"))),
}
"""Two units wanted together -> for each the name of pint and how it is shown."""

TEMPERATURES = frozenset({"degC", "degF", "kelvin"})

NEXT_SMALLER = {
    "foot": "inch",
    "chi": "cun",
    "zhang": "chi",
    "jin": "liang",
    "liang": "qian",
    "stone": "pound",
    "pound": "ounce",
    "hour": "minute",
    "minute": "second",
}
"""What a bare number after a unit counts: 5 feet 7, 5尺7."""

DECIMAL_AFTER = frozenset({"meter", "jin", "kilogram", "chi", "kilometer"})
"""Chinese units after which bare digits are decimals: 1米75, 一米八."""

CURRENCIES = frozenset(
    "dollar dollars usd $ us$ euro euros eur € gbp £ sterling yen jpy ¥ yuan rmb cny renminbi won krw rupee rupees inr"
    " franc francs chf hkd twd aud cad bitcoin btc ruble rubles pesos peso baht"
    " 元 块 块钱 人民币 美元 美金 刀 欧元 英镑 日元 日币 港币 港元 台币 新台币 韩元 韩币 卢布 泰铢 比特币 澳元 加元".split()
)
