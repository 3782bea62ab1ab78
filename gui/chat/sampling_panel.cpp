// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/sampling_panel.h"

#include "gui/column_area.h"
#include "gui/icon.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QToolButton>

#include <array>

using namespace Qt::StringLiterals;

namespace {

// Numbers of strata::SamplingParams, one a row.
struct RealRow {
    const char* title;
    const char* hint;
    float strata::SamplingParams::*value;
    double least;
    double most;
    double step;
};

const std::array<RealRow, 6> kRealRows = {{
    {QT_TR_NOOP("Temperature"),
        QT_TR_NOOP("How freely words are chosen. 0 always takes the likeliest one; above 1 it becomes erratic."),
        &strata::SamplingParams::temperature, 0, 2, 0.05},
    {QT_TR_NOOP("Top-p"),
        QT_TR_NOOP("Considers only the likeliest words that together reach this share. 1 turns it off."),
        &strata::SamplingParams::topP, 0.05, 1, 0.05},
    {QT_TR_NOOP("Min-p"),
        QT_TR_NOOP("Leaves out words less likely than this share of the likeliest one. 0 turns it off."),
        &strata::SamplingParams::minP, 0, 0.5, 0.01},
    {QT_TR_NOOP("Repeat penalty"), QT_TR_NOOP("Makes words that occurred lately less likely. 1 turns it off."),
        &strata::SamplingParams::repeatPenalty, 1, 2, 0.05},
    {QT_TR_NOOP("Presence penalty"),
        QT_TR_NOOP("Makes every word that occurred lately less likely by the same amount. 0 turns it off."),
        &strata::SamplingParams::presencePenalty, -2, 2, 0.1},
    {QT_TR_NOOP("Frequency penalty"),
        QT_TR_NOOP("Makes a word less likely each time it occurred lately. 0 turns it off."),
        &strata::SamplingParams::frequencyPenalty, -2, 2, 0.1},
}};

struct WholeRow {
    const char* title;
    const char* hint;
    std::uint32_t strata::SamplingParams::*value; // nullptr: ReplySettings::maxTokens
    int most;
    const char* zeroText; // what 0 means
};

const std::array<WholeRow, 3> kWholeRows = {{
    {QT_TR_NOOP("Top-k"), QT_TR_NOOP("Considers only this many of the likeliest words."), &strata::SamplingParams::topK,
        1000, QT_TR_NOOP("all")},
    {QT_TR_NOOP("Penalty window"), QT_TR_NOOP("How many of the last tokens the three penalties look back at."),
        &strata::SamplingParams::penaltyWindow, 8192, QT_TR_NOOP("none")},
    {QT_TR_NOOP("Longest reply"), QT_TR_NOOP("A reply ends after this many tokens."), nullptr, 131'072,
        QT_TR_NOOP("no limit")},
}};

QPlainTextEdit* textBox(int lines, const QFont& font) {
    auto* box = new QPlainTextEdit;
    box->setTabChangesFocus(true);
    box->setFixedHeight(QFontMetrics(font).lineSpacing() * lines + 12);
    return box;
}

} // namespace

SamplingPanel::SamplingPanel(QWidget* parent) : QWidget(parent) {
    auto* content = new QWidget;
    auto* grid = new QGridLayout(content);
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    addSystemPrompt(*grid);
    addNumbers(*grid);
    addSeed(*grid);
    addStopStrings(*grid);
    auto* resetAll = new QPushButton(tr("Reset all"));
    resetAll->setToolTip(tr("Give every row its usual value."));
    connect(resetAll, &QPushButton::clicked, this, &SamplingPanel::reset);
    const int last = grid->rowCount();
    grid->addWidget(resetAll, last, 0, 1, 3);
    grid->setRowStretch(last + 1, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(new ColumnArea(content));
    setSettings({});
}

void SamplingPanel::addSystemPrompt(QGridLayout& grid) {
    auto* prompt = textBox(5, font());
    prompt->setPlaceholderText(tr("For example: Answer briefly, in English."));
    connect(prompt, &QPlainTextEdit::textChanged, this, &SamplingPanel::take);
    addRow(grid, tr("System prompt"), tr("Told to the model before the conversation: how it should behave."), prompt,
        {[prompt](ReplySettings& settings) { settings.systemPrompt = prompt->toPlainText(); },
            [prompt](const ReplySettings& settings) { prompt->setPlainText(settings.systemPrompt); }});
}

void SamplingPanel::addStopStrings(QGridLayout& grid) {
    auto* stops = textBox(2, font());
    connect(stops, &QPlainTextEdit::textChanged, this, &SamplingPanel::take);
    addRow(grid, tr("Stop strings"), tr("A reply ends before the first of these. One a line."), stops,
        {[stops](
             ReplySettings& settings) { settings.stopStrings = stops->toPlainText().split(u'\n', Qt::SkipEmptyParts); },
            [stops](const ReplySettings& settings) { stops->setPlainText(settings.stopStrings.join(u'\n')); }});
}

void SamplingPanel::addNumbers(QGridLayout& grid) {
    for (const RealRow& row : kRealRows) {
        auto* box = new QDoubleSpinBox;
        box->setRange(row.least, row.most);
        box->setSingleStep(row.step);
        box->setDecimals(2);
        connect(box, &QDoubleSpinBox::valueChanged, this, &SamplingPanel::take);
        addRow(grid, tr(row.title), tr(row.hint), box,
            {[box, value = row.value](
                 ReplySettings& settings) { settings.sampling.*value = static_cast<float>(box->value()); },
                [box, value = row.value](
                    const ReplySettings& settings) { box->setValue(static_cast<double>(settings.sampling.*value)); }});
    }
    for (const WholeRow& row : kWholeRows) {
        auto* box = new QSpinBox;
        box->setRange(0, row.most);
        box->setGroupSeparatorShown(true);
        box->setSpecialValueText(tr(row.zeroText));
        connect(box, &QSpinBox::valueChanged, this, &SamplingPanel::take);
        const auto field = [value = row.value](auto& settings) -> auto& {
            return value == nullptr ? settings.maxTokens : settings.sampling.*value;
        };
        addRow(grid, tr(row.title), tr(row.hint), box,
            {[box, field](ReplySettings& settings) { field(settings) = static_cast<quint32>(box->value()); },
                [box, field](const ReplySettings& settings) { box->setValue(static_cast<int>(field(settings))); }});
    }
}

void SamplingPanel::addSeed(QGridLayout& grid) {
    auto* editor = new QWidget;
    auto* isRandom = new QCheckBox(tr("random"));
    auto* number = new QLineEdit;
    number->setAccessibleName(tr("Seed"));
    number->setValidator(new QRegularExpressionValidator(QRegularExpression(u"[0-9]{1,19}"_s), number));
    auto* line = new QHBoxLayout(editor);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(isRandom);
    line->addWidget(number, 1);
    connect(isRandom, &QCheckBox::toggled, number, &QWidget::setDisabled);
    connect(isRandom, &QCheckBox::toggled, number, [number](bool isOn) {
        number->setToolTip(isOn ? tr("Every reply gets a seed of its own; untick \u201Crandom\u201D to set one.")
                                : tr("The same seed and the same conversation give the same reply."));
    });
    connect(isRandom, &QCheckBox::toggled, this, &SamplingPanel::take);
    connect(number, &QLineEdit::textEdited, this, &SamplingPanel::take);
    addRow(grid, tr("Seed"), tr("Where chance begins: the same seed and conversation give the same reply."), editor,
        {[isRandom, number](ReplySettings& settings) {
             settings.sampling.seed =
                 isRandom->isChecked() ? std::nullopt : std::optional<std::uint64_t>(number->text().toULongLong());
         },
            [isRandom, number](const ReplySettings& settings) {
                isRandom->setChecked(!settings.sampling.seed);
                number->setText(QString::number(settings.sampling.seed.value_or(0)));
            }});
}

void SamplingPanel::addRow(QGridLayout& grid, const QString& title, const QString& hint, QWidget* editor, Row row) {
    auto* label = new QLabel(title);
    label->setBuddy(editor);
    label->setToolTip(hint);
    editor->setToolTip(hint);
    editor->setAccessibleName(title);
    editor->setAccessibleDescription(hint);
    row.resetButton = new QToolButton;
    row.resetButton->setIcon(lineIcon(u"regenerate"_s));
    row.resetButton->setAutoRaise(true);
    row.resetButton->setAccessibleName(tr("Reset %1").arg(title));
    const std::size_t index = m_rows.size();
    connect(row.resetButton, &QToolButton::clicked, this, [this, index] { m_rows[index].show(ReplySettings{}); });
    const int line = grid.rowCount();
    const bool isTall = qobject_cast<QPlainTextEdit*>(editor) != nullptr;
    grid.addWidget(label, line, 0, 1, isTall ? 2 : 1);
    grid.addWidget(row.resetButton, line, 2);
    grid.addWidget(editor, isTall ? line + 1 : line, isTall ? 0 : 1, 1, isTall ? 3 : 1);
    m_rows.push_back(std::move(row));
}

ReplySettings SamplingPanel::settings() const {
    ReplySettings settings;
    for (const Row& row : m_rows) {
        row.store(settings);
    }
    return settings;
}

void SamplingPanel::setSettings(const ReplySettings& settings) {
    m_isShowing = true;
    for (const Row& row : m_rows) {
        row.show(settings);
    }
    m_isShowing = false;
    take();
}

void SamplingPanel::reset() {
    setSettings({});
}

void SamplingPanel::take() {
    if (m_isShowing) {
        return;
    }
    refreshResetButtons();
    emit changed(settings());
}

void SamplingPanel::refreshResetButtons() {
    const ReplySettings usual;
    for (const Row& row : m_rows) {
        ReplySettings only = usual;
        row.store(only);
        const bool isUsual = only == usual;
        row.resetButton->setEnabled(!isUsual);
        row.resetButton->setToolTip(isUsual ? tr("This is the usual value already.") : tr("Back to the usual value."));
    }
}
