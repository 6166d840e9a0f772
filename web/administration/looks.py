"""Who of an administrator's people looked at what, and who opened personal data for what reason; never the
contents."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import looks as queries
from web import bounds
from web.auth import permission, who

blueprint = Blueprint("looks", __name__, url_prefix="/admin/looks")
AT_ONCE = 200


@blueprint.get("/")
@permission("administer-people")
def overview() -> Any:
    session = reading()
    viewer = who()
    wanted = queries.LookFilter(
        viewer.tenant_id,
        viewer.administered_paths,
        request.args.get("q", "")[:60].replace("\0", "").strip(),
        bounds.day_asked("on"),
    )
    looks = queries.page_of_looks(session, wanted, AT_ONCE)
    return render_template(
        "admin/looks.html",
        wanted=wanted,
        looks=looks,
        disclosures=queries.page_of_disclosures(session, wanted, AT_ONCE),
        numbers=queries.numbers_of(
            session,
            [look.subject for look, _username, _name in looks],
        ),
        most=AT_ONCE,
        kinds=kinds(),
    )


def kinds() -> dict[str, str]:
    """What a look is at, in words: by kind, or by the list or export."""
    return {
        "matter": _("事项"),
        "dossier": _("电子档案"),
        "archive": _("归档包（含未遮盖的个人信息）"),
        "file": _("附件"),
        "register": _("网格"),
        "report": _("居民反映"),
        "entry": _("台账的一条"),
        "account": _("人员资料"),
        "member": _("网格队伍档案"),
        "list:to-do": _("待办列表"),
        "list:colleagues": _("同事在办列表"),
        "list:done": _("已办列表"),
        "list:started": _("我发起的列表"),
        "list:copies": _("抄送列表"),
        "list:together": _("一并办理的任务列表"),
        "list:cases": _("事件列表"),
        "list:figure-cases": _("态势数字下的事件列表"),
        "list:grids": _("网格列表"),
        "list:reports": _("居民反映列表"),
        "list:case-map": _("事件地图"),
        "list:training": _("培训人员列表"),
        "list:grid-entries": _("台账列表"),
        "list:visits-due": _("到期走访列表"),
        "list:people": _("人员列表"),
        "list:members": _("网格队伍列表"),
        "list:api-task": _("接口的任务列表"),
        "export:grids.geojson": _("导出网格（GeoJSON）"),
        "export:items.xlsx": _("导出事项清单（xlsx）"),
        "export:people.xlsx": _("导出人员名册（xlsx）"),
    }
