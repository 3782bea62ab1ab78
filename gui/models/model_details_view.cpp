// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_details_view.h"

#include "gui/format.h"
#include "gui/theme.h"

#include <QEvent>
#include <QScrollBar>

namespace {

using Rows = FactRows;

QString heading(const QString& title) {
    return QStringLiteral("<p style='margin:12px 0 4px 0'><b>%1</b></p>").arg(title.toHtmlEscaped());
}

// Key and value side by side for facts; one above the other for metadata, whose keys and values are long.
QString pairsTable(const Rows& rows, const QString& keyColor) {
    QString html = QStringLiteral("<table cellspacing='0' cellpadding='0'>");
    for (const auto& [key, value] : rows)
        html += QStringLiteral("<tr><td style='padding:1px 16px 1px 0; color:%1'>%2</td>"
                               "<td style='padding:1px 0'>%3</td></tr>")
                    .arg(keyColor, key.toHtmlEscaped(), value.toHtmlEscaped());
    return html + QStringLiteral("</table>");
}

QString stackedList(const Rows& rows, const QString& keyColor) {
    QString html;
    for (const auto& [key, value] : rows)
        html += QStringLiteral("<p style='margin:0 0 6px 0'><span style='color:%1'>%2</span><br>%3</p>")
                    .arg(keyColor, key.toHtmlEscaped(),
                        value.toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>")));
    return html;
}

} // namespace

ModelDetailsView::ModelDetailsView(QWidget* parent) : QTextEdit(parent) {
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setAccessibleName(tr("Details of the selected model"));
    document()->setDocumentMargin(8);
    showEntry(std::nullopt);
}

void ModelDetailsView::showEntry(
    const std::optional<ModelEntry>& entry, const std::optional<ModelForecast>& forecast) {
    const bool isSame = m_entry && entry && m_entry->path == entry->path && m_entry->changed == entry->changed &&
                        m_entry->problem == entry->problem && m_entry->fileState == entry->fileState;
    const FactRows rows = entry && forecast ? forecastRows(*forecast) : FactRows();
    if (isSame && rows == m_forecast)
        return; // the place where the person reads stays
    const int place = isSame ? verticalScrollBar()->value() : 0;
    m_entry = entry;
    m_forecast = rows;
    setHtml(html());
    verticalScrollBar()->setValue(place);
}

void ModelDetailsView::changeEvent(QEvent* event) {
    QTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        setHtml(html());
}

QString ModelDetailsView::html() const {
    const ThemeColors colors = themeColors(palette());
    const QString subtle = colors.subtleText.name();
    if (!m_entry)
        return QStringLiteral("<span style='color:%1'>%2</span>")
            .arg(subtle, tr("Select a model to see what its header says.").toHtmlEscaped());

    const strata::ModelSummary& summary = m_entry->summary;
    QString html = QStringLiteral("<b>%1</b>").arg(m_entry->name.toHtmlEscaped());
    if (!m_entry->problem.isEmpty())
        html += QStringLiteral("<p style='margin:4px 0; color:%1'>%2</p>")
                    .arg(colors.errorText.name(), m_entry->problem.toHtmlEscaped());
    if (m_entry->fileState != ModelEntry::FileState::There)
        html += QStringLiteral("<p style='margin:4px 0; color:%1'>%2</p>")
                    .arg(colors.errorText.name(),
                        (m_entry->fileState == ModelEntry::FileState::Gone
                                ? tr("The file is gone; the model is still in memory until it is unloaded.")
                                : tr("The file was changed; the model is in memory as it was until it is unloaded."))
                            .toHtmlEscaped());
    if (summary.isNoise)
        html += QStringLiteral("<p style='margin:4px 0'>%1</p>")
                    .arg(tr("Its weights are made up: what it writes is noise.").toHtmlEscaped());
    Rows facts = {{tr("File"), formatPath(m_entry->path)}, {tr("Size"), formatExactBytes(m_entry->fileBytes)}};
    if (m_entry->partCount > 1)
        facts.append({tr("Parts"), tr("%1 files").arg(m_entry->partCount)});
    if (!summary.architecture.empty())
        facts.append({tr("Architecture"), QString::fromStdString(summary.architecture)});
    if (summary.parameterCount != 0)
        facts.append({tr("Parameters"), formatCount(summary.parameterCount)});
    if (summary.layerCount != 0)
        facts.append({tr("Layers"), QString::number(summary.layerCount)});
    if (summary.trainedContext != 0)
        facts.append({tr("Context"), tr("%1 tokens").arg(formatCount(summary.trainedContext))});
    if (!summary.tokenizer.empty())
        facts.append({tr("Tokenizer"), QString::fromStdString(summary.tokenizer)});
    if (m_entry->isReadable())
        facts.append({tr("Chat template"), summary.hasChatTemplate ? tr("its own") : tr("none in the file")});
    html += pairsTable(facts, subtle);
    if (!m_forecast.isEmpty())
        html += heading(tr("Forecast for this machine")) + pairsTable(m_forecast, subtle);
    if (!m_entry->tensors.isEmpty())
        html += heading(tr("Weights")) + pairsTable(m_entry->tensors, subtle);
    if (!m_entry->metadata.isEmpty())
        html += heading(tr("Header")) + stackedList(m_entry->metadata, subtle);
    return html;
}
