// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/start_page.h"

#include "gui/format.h"
#include "gui/icon.h"
#include "gui/names_apart.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace {

constexpr int kColumnWidth = 440;
constexpr int kShownRecent = 4;

QLabel* textLabel(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignHCenter);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

StartPage::StartPage(QWidget* parent)
    : QWidget(parent), m_title(textLabel(this)), m_sentence(textLabel(this)), m_buttons(new QVBoxLayout) {
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    large.setWeight(QFont::DemiBold);
    m_title->setFont(large);
    m_sentence->setForegroundRole(QPalette::PlaceholderText);
    auto* column = new QWidget(this);
    column->setFixedWidth(kColumnWidth);
    auto* inside = new QVBoxLayout(column);
    inside->setSpacing(12);
    inside->addWidget(m_title);
    inside->addWidget(m_sentence);
    inside->addSpacing(8);
    inside->addLayout(m_buttons);
    m_buttons->setSpacing(8);
    auto* page = new QVBoxLayout(this);
    page->addStretch(2);
    page->addWidget(column, 0, Qt::AlignHCenter);
    page->addStretch(3);
}

void StartPage::showReady(const QString& modelName, bool isNoise) {
    show(tr("Ask %1 something").arg(modelName),
        isNoise ? tr("Strata runs language models on your own computer, also those larger than its graphics memory. "
                     "This model is made of random numbers: it shows that everything works, and writes noise.")
                : tr("Strata runs language models on your own computer, also those larger than its graphics memory. "
                     "Nothing you write leaves this machine."));
    // Within the small world of the model that comes with Strata, and good for any other: see docs/demo-model.md.
    for (const QString& message :
        {tr("Tell me a story about a fox and a lighthouse."), tr("What is a violin?"), tr("What is 17 + 36?")}) {
        connect(addButton(message), &QPushButton::clicked, this, [this, message] { emit suggestionChosen(message); });
    }
}

void StartPage::showNoModel(const QStringList& recentPaths, const QStringList& gonePaths) {
    show(tr("No model is loaded."),
        recentPaths.isEmpty()
            ? tr("Open a model file (.gguf), or drop one anywhere on this window.")
            : tr("Open one of the last models, or drop a model file (.gguf) anywhere on this window."));
    const QStringList shown = recentPaths.mid(0, kShownRecent);
    QList<NamedFile> files;
    for (const QString& path : shown) {
        files.append({QFileInfo(path).completeBaseName(), path});
    }
    const QStringList apart = namesApart(files);
    for (int i = 0; i < shown.size(); ++i) {
        const QString& path = shown[i];
        const QString name = apart[i].isEmpty() ? files[i].name : files[i].name + QStringLiteral(" · ") + apart[i];
        if (gonePaths.contains(path)) {
            addGoneModel(name, path);
            continue;
        }
        QPushButton* button = addButton(name);
        button->setToolTip(formatPath(path));
        connect(button, &QPushButton::clicked, this, [this, path] { emit modelChosen(path); });
    }
    connect(addButton(tr("Open a model file...")), &QPushButton::clicked, this, &StartPage::openWanted);
}

// It can be pressed, for the file may be back; what it does if not says whoever hears of it.
void StartPage::addGoneModel(const QString& name, const QString& path) {
    QPushButton* button = addButton(tr("%1 (file is gone)").arg(name));
    button->setIcon(lineIcon(QStringLiteral("problem")));
    button->setToolTip(formatPath(path));
    connect(button, &QPushButton::clicked, this, [this, path] { emit modelChosen(path); });
    auto* remove = new QToolButton;
    remove->setIcon(lineIcon(QStringLiteral("close")));
    remove->setAutoRaise(true);
    remove->setFocusPolicy(Qt::StrongFocus);
    remove->setAccessibleName(tr("Remove %1 from this list").arg(name));
    remove->setToolTip(remove->accessibleName());
    connect(remove, &QToolButton::clicked, this, [this, path] { emit removeWanted(path); });
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(button, 1);
    layout->addWidget(remove);
    row->setMinimumHeight(button->minimumHeight());
    m_buttons->addWidget(row);
}

void StartPage::showLoading(const QString& modelName) {
    show(tr("Loading %1").arg(modelName), tr("You can write your first message meanwhile."));
}

void StartPage::show(const QString& title, const QString& sentence) {
    m_title->setText(title);
    m_sentence->setText(sentence);
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        item->widget()->deleteLater();
        delete item;
    }
}

QPushButton* StartPage::addButton(const QString& text) {
    auto* button = new QPushButton(this);
    button->setText(QString(text).replace(u'&', QStringLiteral("&&")));
    button->setAccessibleName(text);
    button->setMinimumHeight(QFontMetrics(font()).height() + 16);
    m_buttons->addWidget(button);
    return button;
}
