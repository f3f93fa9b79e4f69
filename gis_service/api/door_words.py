"""What the public page of a door says, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

DoorLanguage = Literal["zh", "en"]

WORDS: Mapping[DoorLanguage, Mapping[str, str]] = {
    "zh": {
        "lang": "zh-CN",
        "title": "门牌",
        "code": "楼栋编码",
        "entrance": "入口",
        "grid": "所属网格",
        "no_grid": "这里暂未划入任何网格。",
        "as_of": "{day} 的归属",
        "today": "查看现在",
        "staff": "联系网格",
        "no_staff": "暂未公布网格人员。",
        "report": "报个问题",
        "report_hint": "不用登录。只收集您写下的内容，请不要写他人姓名、电话。",
        "what": "是什么问题？",
        "text": "说说情况",
        "text_hint": "例如：三楼楼道堆了杂物，挡住消防通道",
        "photo": "照片（可不传）",
        "take": "拍照或选一张",
        "other_photo": "换一张",
        "where": "在哪里？",
        "at_door": "就在这里：{place}",
        "here": "用我手机现在的位置",
        "finding": "正在定位…",
        "found": "已用手机定位（误差约 {metres} 米）",
        "not_found": "定位没有成功，将按门牌位置上报。",
        "send": "提交",
        "sending": "正在提交…",
        "sent": "已收到",
        "quote": "查询时请报这个编号：",
        "photo_lost": "照片没能保存，文字已收到。",
        "queued": "现在没有网络。已存在手机里，联网后自动发送。",
        "waiting": "还有 {count} 条等待发送",
        "again": "再报一个",
        "limited": "上报太频繁，已存在手机里，稍后自动发送。",
        "refused": "没能提交：",
        "missing": "请选择问题类型并写几个字。",
        "no_script": "上报需要打开浏览器的 JavaScript；也可以拨打 12345。",
        "other_language": "English",
        "unknown": "没有找到这个编码",
        "unknown_hint": "请核对门牌上的编码：",
        "likely": "您要找的是不是：",
        "no_entrance": "这栋楼没有这个入口",
        "entrances": "它的入口有：",
        "ambiguous": "有几栋楼都叫这个编号",
        "no_edition": "那时还没有划分网格",
        "emergency": "紧急情况请拨 110、119、120。",
    },
    "en": {
        "lang": "en",
        "title": "Door plate",
        "code": "Building code",
        "entrance": "Entrance",
        "grid": "Grid in charge",
        "no_grid": "This place lies in no grid yet.",
        "as_of": "As of {day}",
        "today": "Show today",
        "staff": "Who serves here",
        "no_staff": "Nobody is named in public yet.",
        "report": "Report a problem",
        "report_hint": "No account needed. We keep what you write: please name no other people.",
        "what": "What kind of problem?",
        "text": "What is wrong?",
        "text_hint": "Such as: boxes block the stairwell on the third floor",
        "photo": "Photo (optional)",
        "take": "Take or choose one",
        "other_photo": "Another one",
        "where": "Where?",
        "at_door": "Right here: {place}",
        "here": "Where my phone is now",
        "finding": "Finding where you are…",
        "found": "Your phone's position (within {metres} m)",
        "not_found": "Your position was not found: the door's is sent.",
        "send": "Send",
        "sending": "Sending…",
        "sent": "Received",
        "quote": "Quote this number when you ask about it:",
        "photo_lost": "The photo could not be kept; your words were.",
        "queued": "You are offline. It is kept on this phone and sent when you are back.",
        "waiting": "{count} waiting to be sent",
        "again": "Report another",
        "limited": "Too many reports for now. It is kept on this phone and sent later.",
        "refused": "This was not taken: ",
        "missing": "Choose a kind and write a few words.",
        "no_script": "Reporting needs JavaScript; you may also call 12345.",
        "other_language": "中文",
        "unknown": "No building has this code",
        "unknown_hint": "Please compare it with the plate:",
        "likely": "Did you mean:",
        "no_entrance": "This building has no such entrance",
        "entrances": "Its entrances are:",
        "ambiguous": "Several buildings have this number",
        "no_edition": "There were no grids at that time",
        "emergency": "In an emergency call 110, 119 or 120.",
    },
}
"""The same keys in both languages."""

SCRIPT_WORDS = (
    *("at_door", "finding", "found", "not_found", "send", "sending", "sent", "quote", "photo_lost", "queued"),
    *("waiting", "again", "limited", "refused", "missing", "take", "other_photo"),
)
"""What the page's script says."""


def choose_language(header: str | None) -> DoorLanguage:
    """Return the language that an ``Accept-Language`` header likes best; Chinese when it says nothing of the two.

    Source:
        RFC 9110, 12.5.4.
    """
    best: tuple[float, DoorLanguage] = (0.0, "zh")
    for part in (header or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in {"zh", "en"}:
            continue
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > best[0]:
            best = (weight, "zh" if primary == "zh" else "en")
    return best[1]
