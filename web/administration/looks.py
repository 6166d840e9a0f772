"""Who of an administrator's people looked at what, and who opened personal data for what reason; never the
contents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import look_reviews as reviewing
from orchestrator.store import look_reviews
from orchestrator.store import looks as queries
from web import bounds
from web.auth import permission, who
from web.shown import reader_list_word

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
        openings=look_reviews.page_of_openings(
            session, wanted, AT_ONCE, unreviewed="waiting" in request.args
        ),
        waiting="waiting" in request.args,
        numbers=queries.numbers_of(
            session,
            [look.subject for look, _username, _name in looks],
        ),
        most=AT_ONCE,
        kinds=kinds(),
    )


@blueprint.post("/review")
@permission("administer-people")
def review() -> Any:
    """What the administrator found of the chosen openings of personal data."""
    many = reviewing.review(
        who().person_id,
        request.form.getlist("look"),
        verdict_given(),
        bounds.reason(name="note"),
        datetime.now(UTC),
    )
    flash(_("已复核 %(many)d 次查看", many=many), "success")
    return redirect(url_for("looks.overview", waiting=1))


def verdict_given() -> str:
    """The verdict of the button that was pressed. Raises RuleViolated where none was."""
    verdict = request.form.get("verdict", "")
    if verdict not in (look_reviews.GROUNDED, look_reviews.QUESTIONED):
        raise RuleViolated([_("请返回刚才的页面，点“有依据”或“有疑问”")])
    return verdict


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
        "group": _("网格组织和队伍的一条"),
        "pay": _("报酬表"),
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
        "list:disposal": _("到期档案清单"),
        "list:data-grants": _("限期授权列表"),
        "list:training": _("培训人员列表"),
        "list:grid-entries": _("台账列表"),
        "list:grid-groups": _("网格组织和队伍"),
        "list:visits-due": _("到期走访列表"),
        "list:people": _("人员列表"),
        "list:members": _("网格队伍列表"),
        "list:api-task": _("接口的任务列表"),
        "export:grids.geojson": _("导出网格（GeoJSON）"),
        "export:items.xlsx": _(
            "导出%(list)s（xlsx）", list=reader_list_word()
        ),
        "export:grid-groups.csv": _("导出网格组织和队伍（csv）"),
        "export:pay.csv": _("导出报酬表（csv）"),
        "export:pay.xlsx": _("导出报酬表（xlsx）"),
        "export:people.xlsx": _("导出人员名册（xlsx）"),
    }
