"""What leaves the system on paper and as files: the dossier and the notice board as PDF, the item list as
Excel. Knows no request."""

from web.printing.boards import boards, list_board
from web.printing.dossiers import Printing, dossier
from web.printing.figure_reports import figure_report
from web.printing.item_lists import ItemRow, workbook
from web.printing.report_codes import report_codes
from web.printing.turns import turn

__all__ = [
    "boards",
    "dossier",
    "figure_report",
    "list_board",
    "report_codes",
    "turn",
    "ItemRow",
    "Printing",
    "workbook",
]
