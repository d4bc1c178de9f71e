"""One HTML page on what a lake holds: counts, histograms, and clips with hands and body drawn over them."""

from flows.report.write import ReportError, ReportSummary, write_report

__all__ = ["ReportError", "ReportSummary", "write_report"]
