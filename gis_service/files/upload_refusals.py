"""Refusals of a file that was sent, in the form of all others: where the fault is, and the sentence in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from gis_service.errors import InputFault, ServiceError

WHOLE_BODY = ""

SENTENCES: Mapping[str, tuple[str, str]] = {
    "coordinate-out-of-range": (WHOLE_BODY, "文件坐标超出经纬度范围；请使用度，经度在前。"),
    "crs-contradicted": (WHOLE_BODY, "文件声明的坐标系与坐标数值或给定的 crs 不符；请更正坐标系后重新导入。"),
    "crs-missing": ("crs", "文件未声明坐标系且坐标不是度；请补充 .prj 文件，或用参数 crs 声明。"),
    "format-not-installed": (WHOLE_BODY, "服务器未安装读取该格式的组件；请将文件转换为 GeoJSON。"),
    "no-code-field": ("code_field", "文件中找不到编码字段；请用参数 code_field 指明。"),
    "no-features": (WHOLE_BODY, "文件中没有要素。"),
    "no-layers": ("layer", "该格式没有图层；请去掉参数 layer。"),
    "no-level-field": ("level_field", "文件中找不到层级字段；请用参数 level_field 指明，或用 level 给出层级。"),
    "no-parent-field": ("parent_field", "文件含多个层级，但找不到上级字段；请用参数 parent_field 指明。"),
    "no-such-field": (WHOLE_BODY, "文件中没有所指定的字段；请核对字段名。"),
    "no-such-layer": ("layer", "压缩包须只含一个 Shapefile，或用参数 layer 指明其一。"),
    "not-a-polygon": (WHOLE_BODY, "网格须为 Polygon 或 MultiPolygon 面，文件中有其他类型的图形。"),
    "not-a-point": (WHOLE_BODY, "文件中的图形须为 Point 点。"),
    "offset-crs": (WHOLE_BODY, "边界不接受 GCJ-02 或 BD-09 坐标；请向绘制单位索取 CGCS2000（EPSG:4490）数据。"),
    "too-large": (WHOLE_BODY, "文件过大；请分批导入。"),
    "unknown-crs": (WHOLE_BODY, "无法识别坐标系；请使用 EPSG:4490 或其他 CGCS2000 坐标系。"),
    "unknown-encoding": (WHOLE_BODY, "文件文字既不是 UTF-8 也不是 GB 18030；请补充 .cpg 文件说明编码。"),
    "unknown-level": ("level", "没有这一层级；请使用已有的层级。"),
    "unknown-shift": (WHOLE_BODY, "该坐标系到 CGCS2000 的转换参数未公开；请由测绘部门转换后再导入。"),
    "unreadable-file": (WHOLE_BODY, "文件无法读取；请检查文件是否完整、格式是否正确。"),
}
"""By code: the parameter that mends it, or the body, and the sentence.  The details are in the English one."""


def complete_refusal(error: ServiceError) -> None:
    """Give a refusal, which names no place yet, its fault and its Chinese sentence."""
    if error.code in SENTENCES:
        pointer, sentence = SENTENCES[error.code]
        error.faults = error.faults or (InputFault(pointer, error.detail),)
        error.members.setdefault("message_zh", sentence)
