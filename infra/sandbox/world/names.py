"""Invented company names, all different."""

from __future__ import annotations

import numpy as np

FIRST = "华盛鑫恒瑞宏泰康信达博远诚佳隆祥源荣昌德兴永天金东长吉松辰启凯卓优百亿同中正广嘉裕丰润海北辽铭"
SECOND = "源达通泰科创盛业宇安峰航兴旺程利能晟腾鸿图合力信美联和润邦谷田野林川岭江河湖宝泽旭阳升威捷凌"
TRADES = {
    "A": ("农业科技", "生态农业", "种业", "参业"),
    "B": ("矿业", "矿产资源", "非金属矿业", "石墨"),
    "C13": ("粮油食品", "农产品加工", "玉米深加工", "食品"),
    "C27": ("药业", "生物制药", "制药", "生物技术"),
    "C35": ("专用设备", "智能装备", "机械制造", "农机装备"),
    "C36": ("汽车零部件", "汽车电子", "车辆部件", "车桥"),
    "C39": ("电子科技", "光电技术", "传感技术", "半导体材料"),
    "C30": ("新材料", "碳纤维", "建材科技", "高分子材料"),
    "C25": ("石化", "新能源材料", "化工", "生物质能源"),
    "D": ("新能源", "热力", "风电技术", "电力工程"),
    "E": ("建设工程", "建筑科技", "装饰工程", "市政工程"),
    "F": ("商贸", "供应链管理", "医药商贸", "电子商务"),
    "H61": ("大酒店", "度假酒店", "宾馆", "酒店管理"),
    "H62": ("餐饮管理", "餐饮", "食品餐饮", "团餐服务"),
    "I": ("软件", "信息技术", "数据科技", "网络科技"),
    "M": ("检测技术", "工程设计", "科技服务", "技术研究"),
    "N": ("文化旅游", "景区管理", "生态旅游", "冰雪旅游"),
    "R": ("文化传媒", "影视文化", "动漫科技", "文创"),
}
SUFFIXES = ("有限公司", "有限责任公司", "股份有限公司")


class NameMaker:
    """Draws names until one is new."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def draw(self, place: str, trade: str) -> str:
        """A new name for an enterprise of `trade` at `place`."""
        while True:
            a, b, c, t, s = self._rng.random(5).tolist()
            brand = FIRST[int(a * len(FIRST))] + SECOND[int(b * len(SECOND))]
            words = TRADES[trade]
            suffix = SUFFIXES[0 if s < 0.8 else 1 if s < 0.9 else 2]
            head = "吉林省" if c < 0.4 else place
            name = f"{head}{brand}{words[int(t * len(words))]}{suffix}"
            if name not in self._used:
                self._used.add(name)
                return name
