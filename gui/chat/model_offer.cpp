// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/model_offer.h"

#include "gui/format.h"
#include "gui/icon.h"

#include <QAccessible>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace {

constexpr int kLongestName = 40; // characters; the tooltip has the whole

QString shortName(const QString& path) {
    const QString name = QFileInfo(path).completeBaseName();
    return name.size() <= kLongestName
               ? name
               : QString(name.left(kLongestName / 2) + u'\u2026' + name.right(kLongestName / 2));
}

} // namespace

ModelOffer::ModelOffer(QWidget* parent) : QWidget(parent), m_label(new QLabel), m_button(new QPushButton) {
    m_label->setTextFormat(Qt::PlainText);
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_label->setMinimumWidth(0);
    m_label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(m_label, 1);
    row->addWidget(m_button);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_path.isEmpty()) {
            emit openWanted();
        } else {
            emit modelChosen(m_path);
        }
    });
    setRecentModels({});
    setInsisting(false);
}

void ModelOffer::setRecentModels(const QStringList& paths) {
    m_path = paths.value(0);
    m_button->setText(
        m_path.isEmpty() ? tr("Open a model file…") : tr("Load %1").arg(shortName(m_path).replace(u'&', u"&&"_s)));
    m_button->setIcon(lineIcon(m_path.isEmpty() ? u"open"_s : u"load"_s));
    m_button->setToolTip(m_path.isEmpty() ? tr("Chooses a model file (Ctrl+O)") : formatPath(m_path));
    m_button->setAccessibleName(
        m_path.isEmpty() ? tr("Open a model file") : tr("Load %1").arg(QFileInfo(m_path).completeBaseName()));
}

void ModelOffer::setInsisting(bool isInsisting) {
    m_label->setText(
        isInsisting ? tr("Not sent: no model is loaded. Load one, then send again.") : tr("No model is loaded."));
    m_label->setForegroundRole(isInsisting ? QPalette::WindowText : QPalette::PlaceholderText);
    m_label->setToolTip(m_label->text());
    if (isInsisting) {
        QAccessibleEvent spoken(m_label, QAccessible::Alert);
        QAccessible::updateAccessibility(&spoken);
    }
}
