// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/why/why_panel.h"

#include "gui/column_area.h"
#include "gui/format.h"
#include "gui/text_labels.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_palette.h"

#include <QGridLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

using Kind = AccountPart::Kind;
using strata::Executor;
using strata::Tier;

namespace {

constexpr int kBarHeight = 14;
constexpr int kLeastBar = 80;

// The memory's colour; waits are hatched like what they wait for on the map, what computes on the CPU dotted.
QBrush partBrush(Kind kind, const QPalette& palette, double ratio) {
    const bool isDark = palette.color(QPalette::Window).lightnessF() < 0.5F;
    switch (kind) {
    case Kind::Prompt:
        return themeColors(palette).accent;
    case Kind::Gpu:
        return tierColor(Tier::Vram, palette);
    case Kind::Cpu:
        return textureBrush(tierColor(Tier::Ram, palette), Executor::Host, ratio);
    case Kind::LinkWait:
        return textureBrush(tierColor(Tier::Ram, palette), Executor::Streamed, ratio);
    case Kind::DiskWait:
        return tierColor(Tier::Disk, palette);
    case Kind::Sampling:
        return QColor(isDark ? 0x9da7b3 : 0x6e7781);
    case Kind::Other:
        return QColor(isDark ? 0x5c6570 : 0xb4bcc5);
    }
    return {};
}

QString valueText(double seconds, double whole) {
    const double percent = 100 * seconds / whole;
    return WhyPanel::tr("%1, %2 %").arg(formatDuration(seconds)).arg(percent, 0, 'f', percent < 9.95 ? 1 : 0);
}

} // namespace

class WhyPanel::Bar : public QWidget {
public:
    Bar(Kind kind, double from, double to) : m_kind(kind), m_from(from), m_to(to) {
        setFixedHeight(kBarHeight);
        setMinimumWidth(kLeastBar);
    }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        const double ratio = devicePixelRatioF();
        const int line = std::max(1, qRound(ratio));
        QPainter painter(this);
        painter.scale(1 / ratio, 1 / ratio);
        const QRect whole(0, 0, qRound(width() * ratio), qRound(height() * ratio));
        painter.fillRect(0, whole.bottom() + 1 - line, whole.width(), line, themeColors(palette()).hairline);
        const int left = std::min(qRound(whole.width() * m_from), whole.width() - 3 * line);
        const int right = std::max(qRound(whole.width() * m_to), left + 3 * line); // it is there, however short
        painter.fillRect(left, 0, right - left, whole.height(), cellOutline(palette()));
        painter.fillRect(left + line, line, right - left - 2 * line, whole.height() - 2 * line,
            partBrush(m_kind, palette(), ratio));
    }

private:
    Kind m_kind;
    double m_from;
    double m_to;
};

WhyPanel::WhyPanel(QWidget* parent) : QWidget(parent) {
    m_none = makeHint(tr("No reply chosen"),
        tr("Shows where the time of a reply went: choose “Why this speed” beside one."));
    m_content = new ColumnArea(makeContent());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_none);
    layout->addWidget(m_content, 1);
    setFocusProxy(m_sentence);
    showAccount(nullptr);
}

QWidget* WhyPanel::makeContent() {
    auto* content = new QWidget;
    m_title = new LineLabel(tr("Which reply"));
    m_sentence = new SentenceLabel(tr("What set the speed"));
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_sentence->setFocusPolicy(Qt::StrongFocus);
    m_howMeasured = new SentenceLabel(tr("How it was measured"));
    m_howMeasured->setForegroundRole(QPalette::PlaceholderText);
    m_parts = new QWidget;
    m_parts->setAccessibleName(tr("Parts of the reply's time"));
    m_rows = new QGridLayout(m_parts);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setHorizontalSpacing(8);
    m_rows->setVerticalSpacing(4);
    m_rows->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(12, 8, 12, 12);
    layout->setSpacing(8);
    layout->addWidget(m_title);
    layout->addWidget(m_parts);
    layout->addWidget(m_sentence);
    layout->addWidget(m_howMeasured);
    layout->addStretch(1);
    return content;
}

void WhyPanel::showAccount(const ReplyAccountPointer& account) {
    m_account = account;
    m_none->setVisible(account == nullptr);
    m_content->setVisible(account != nullptr);
    if (account == nullptr)
        return;
    m_title->setText(tr("%1: %2 from the message to the end").arg(account->model, formatDuration(account->wholeSeconds)));
    m_sentence->setText(account->sentence);
    m_howMeasured->setText(account->howMeasured);
    m_parts->setAccessibleDescription(accountText(*account));
    showParts();
}

void WhyPanel::showParts() {
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    double before = 0.0;
    for (const AccountPart& part : m_account->parts) {
        const QString label = partLabel(part.kind);
        auto* name = new LineLabel(label);
        name->setText(label);
        auto* bar = new Bar(part.kind, before / m_account->wholeSeconds,
            (before + part.seconds) / m_account->wholeSeconds);
        auto* value = new LineLabel(tr("Time of: %1").arg(label));
        value->setText(valueText(part.seconds, m_account->wholeSeconds));
        value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        for (QWidget* widget : {static_cast<QWidget*>(name), static_cast<QWidget*>(bar), static_cast<QWidget*>(value)})
            widget->setToolTip(part.toolTip);
        const int row = m_rows->rowCount();
        m_rows->addWidget(name, row, 0);
        m_rows->addWidget(bar, row, 1, Qt::AlignVCenter);
        m_rows->addWidget(value, row, 2);
        before += part.seconds;
    }
}
