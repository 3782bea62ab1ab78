// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_bar.h"

#include "gui/format.h"
#include "gui/icon.h"
#include "gui/models/plan_sentence.h"
#include "gui/text_labels.h"

#include <QAccessible>
#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace {

constexpr int kBarSteps = 1000;
constexpr double kSecondsUntilRateIsKnown = 0.3;

} // namespace

ModelBar::ModelBar(EngineController& controller, QWidget* parent) : QWidget(parent), m_controller(controller) {
    makeWidgets();
    connect(&m_controller, &EngineController::stateChanged, this, &ModelBar::showState);
    connect(&m_controller, &EngineController::loadProgress, this, &ModelBar::showProgress);
    connect(&m_controller, &EngineController::forecastChanged, this, [this] {
        if (m_controller.loadedModel())
            m_line->setText(describe(*m_controller.loadedModel()));
    });
    showState();
}

void ModelBar::makeWidgets() {
    m_title = new LineLabel(tr("Model"));
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_facts = new LineLabel(tr("Format, size and device"));
    m_line = new SentenceLabel(tr("What the model is doing"));
    m_bar = new QProgressBar;
    m_bar->setRange(0, kBarSteps);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Bytes loaded"));
    m_bar->setFixedHeight(8);
    m_fold = new QToolButton;
    m_fold->setText(tr("Details"));
    m_fold->setCheckable(true);
    m_fold->setAutoRaise(true);
    m_fold->setFocusPolicy(Qt::StrongFocus);
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_fold, &QToolButton::toggled, this, &ModelBar::showDetails);
    m_details = new SentenceLabel(tr("Details of the failure"));
    m_cpu = new QPushButton(tr("Load on the &CPU"));
    m_cpu->setToolTip(tr("Loads the same file into main memory (RAM); slower, but it may fit"));
    connect(m_cpu, &QPushButton::clicked, &m_controller, &EngineController::loadOnCpu);
    m_other = new QPushButton(lineIcon(QStringLiteral("open")), tr("Open a&nother…"));
    m_other->setToolTip(tr("Chooses another model file (Ctrl+O)"));
    connect(m_other, &QPushButton::clicked, this, &ModelBar::openRequested);
    m_button = new QPushButton;
    connect(m_button, &QPushButton::clicked, this, &ModelBar::press);

    auto* first = new QHBoxLayout;
    first->setSpacing(12);
    first->addWidget(m_title);
    first->addWidget(m_facts, 1);
    auto* second = new QHBoxLayout;
    second->setSpacing(12);
    second->addWidget(m_bar, 1);
    second->addWidget(m_line, 2);
    auto* left = new QVBoxLayout;
    left->setSpacing(4);
    left->addLayout(first);
    left->addLayout(second);
    left->addWidget(m_fold, 0, Qt::AlignLeft);
    left->addWidget(m_details);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->setSpacing(16);
    layout->addLayout(left, 1);
    for (QPushButton* button : {m_cpu, m_other, m_button})
        layout->addWidget(button, 0, Qt::AlignVCenter);
}

void ModelBar::addToggle(QAction* action) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setAccessibleName(action->text());
    layout()->addWidget(button);
}

void ModelBar::showState() {
    const auto state = m_controller.state();
    const bool isFailed = state == EngineController::State::Failed;
    m_bar->setVisible(state == EngineController::State::Loading);
    m_fold->setVisible(isFailed && !m_controller.failure().details.isEmpty());
    m_cpu->setVisible(isFailed && m_controller.failure().isCpuOffered);
    m_other->setVisible(isFailed);
    m_fold->setChecked(false);
    showDetails(false);
    m_line->setForegroundRole(isFailed ? QPalette::WindowText : QPalette::PlaceholderText);
    m_facts->setForegroundRole(QPalette::PlaceholderText);
    switch (state) {
    case EngineController::State::Empty:
        showEmpty();
        break;
    case EngineController::State::Loading:
        showLoading();
        break;
    case EngineController::State::Ready:
    case EngineController::State::Generating:
        showReady();
        break;
    case EngineController::State::Failed:
        showFailed();
        break;
    }
}

void ModelBar::showEmpty() {
    m_title->setText(tr("No model is loaded."));
    m_facts->clear();
    m_line->setText(tr("Double click one in the list, or drop a .gguf file anywhere."));
    setButton(tr("&Open…"), QStringLiteral("open"), tr("Chooses a model file (Ctrl+O)"));
}

void ModelBar::showLoading() {
    m_title->setText(tr("Loading %1").arg(QFileInfo(m_controller.lastLoad().path).completeBaseName()));
    m_facts->clear();
    m_bar->setValue(0);
    m_sinceFirstBytes.invalidate();
    m_line->setText(tr("Reading the header"));
    setButton(tr("&Cancel"), QStringLiteral("close"), tr("Stops loading and gives the memory back"));
}

QString ModelBar::describe(const LoadedModel& loaded) {
    const QString plan = planSentence(loaded);
    const QString rest =
        loaded.summary.isNoise
            ? tr("Made-up weights: what it writes is noise. Load a model of your own for words that mean something.")
            : tr("Room for %1 tokens, loaded in %2")
                  .arg(formatCount(loaded.contextTokens), formatDuration(loaded.loadSeconds));
    return plan.isEmpty() ? rest : plan + QStringLiteral("    ") + rest;
}

void ModelBar::showReady() {
    const auto& loaded = m_controller.loadedModel();
    if (!loaded)
        return;
    const strata::ModelSummary& summary = loaded->summary;
    m_title->setText(QString::fromStdString(summary.name));
    m_title->setToolTip(formatPath(QString::fromStdString(summary.path.string())));
    m_facts->setText(QStringList({QString::fromStdString(summary.format), formatBytes(summary.fileBytes),
                                     QString::fromStdString(loaded->device.name)})
                         .join(QStringLiteral("    ")));
    m_facts->setToolTip(formatExactBytes(summary.fileBytes));
    m_line->setText(describe(*loaded));
    setButton(tr("&Unload"), QStringLiteral("unload"), tr("Gives its memory back; the chat stays"));
}

void ModelBar::showFailed() {
    const Failure& failure = m_controller.failure();
    m_title->setText(tr("%1 is not loaded").arg(QFileInfo(m_controller.lastLoad().path).completeBaseName()));
    m_facts->clear();
    m_line->setText(failure.sentence);
    m_details->setText(failure.details);
    QAccessibleEvent spoken(m_line, QAccessible::Alert);
    QAccessible::updateAccessibility(&spoken);
    setButton(tr("&Try again"), QStringLiteral("regenerate"), tr("Loads the same file once more"));
}

void ModelBar::setButton(const QString& text, const QString& icon, const QString& toolTip) {
    m_button->setText(text);
    m_button->setIcon(lineIcon(icon));
    m_button->setToolTip(toolTip);
}

void ModelBar::showProgress(quint64 doneBytes, quint64 totalBytes) {
    if (totalBytes == 0)
        return;
    if (!m_sinceFirstBytes.isValid())
        m_sinceFirstBytes.start();
    const double share = static_cast<double>(doneBytes) / static_cast<double>(totalBytes);
    m_bar->setValue(static_cast<int>(share * kBarSteps));
    QString text = tr("%1 of %2").arg(formatBytes(doneBytes), formatBytes(totalBytes));
    const double seconds = static_cast<double>(m_sinceFirstBytes.elapsed()) / 1000;
    if (seconds >= kSecondsUntilRateIsKnown && doneBytes > 0) {
        const double rate = static_cast<double>(doneBytes) / seconds;
        text += tr("    %1 from the file    %2 left")
                    .arg(formatByteRate(rate), formatDuration(static_cast<double>(totalBytes - doneBytes) / rate));
    }
    m_line->setText(text);
}

void ModelBar::showDetails(bool isUnfolded) {
    m_fold->setIcon(lineIcon(isUnfolded ? QStringLiteral("down") : QStringLiteral("right")));
    m_details->setVisible(isUnfolded);
}

void ModelBar::press() {
    switch (m_controller.state()) {
    case EngineController::State::Empty:
        emit openRequested();
        break;
    case EngineController::State::Loading:
        m_controller.cancel();
        break;
    case EngineController::State::Ready:
    case EngineController::State::Generating:
        m_controller.unload();
        break;
    case EngineController::State::Failed:
        m_controller.load(m_controller.lastLoad());
        break;
    }
}
