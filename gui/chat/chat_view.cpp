// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"

#include "gui/chat/composer.h"
#include "gui/chat/context_gauge.h"
#include "gui/chat/model_offer.h"
#include "gui/chat/start_page.h"
#include "gui/chat/transcript_view.h"
#include "gui/format.h"
#include "gui/text_labels.h"

#include <algorithm>

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace {

QString modelName(const LoadedModel& model) {
    return QString::fromStdString(model.summary.name);
}

} // namespace

ChatView::ChatView(const QString& storePath, QWidget* parent)
    : QWidget(parent), m_store(storePath, [this] { return storedChat(); }), m_archive(storePath),
      m_view(new TranscriptView(m_transcript)), m_startPage(new StartPage), m_pages(new QStackedWidget),
      m_composer(new Composer), m_trouble(new SentenceLabel), m_status(new QLabel), m_gauge(new ContextGauge),
      m_offer(new ModelOffer) {
    qRegisterMetaType<GenerateCommand>();
    buildLayout();
    connectParts();
    restore(m_store.load());
    refreshPage();
    refreshObstacle();
}

ChatView::~ChatView() {
    m_store.saveNow();
}

void ChatView::buildLayout() {
    m_pages->addWidget(m_view);
    m_pages->addWidget(m_startPage);
    m_status->setForegroundRole(QPalette::PlaceholderText);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_status->setAccessibleName(tr("Progress"));
    m_status->setMinimumWidth(0);
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_trouble->hide();
    auto* line = new QHBoxLayout; // always there, so that nothing moves when it says something
    line->addStrut(m_offer->sizeHint().height());
    line->addWidget(m_status, 1);
    line->addWidget(m_offer, 1);
    line->addWidget(m_gauge);
    auto* below = new QVBoxLayout;
    below->setContentsMargins(12, 4, 12, 12);
    below->setSpacing(4);
    below->addWidget(m_trouble);
    below->addLayout(line);
    below->addWidget(m_composer);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_pages, 1);
    column->addLayout(below);
    setFocusProxy(m_composer);
}

void ChatView::connectParts() {
    connect(m_composer, &Composer::sendRequested, this, qOverload<>(&ChatView::send));
    connect(m_composer, &Composer::sendObstructed, this, &ChatView::missesModel);
    connect(m_composer, &Composer::stopRequested, this, &ChatView::stop);
    connect(m_composer, &Composer::editLastRequested, this, &ChatView::editLast);
    connect(m_composer, &Composer::editingCancelled, this, &ChatView::cancelEdit);
    connect(m_composer, &Composer::tokenCountWanted, this, &ChatView::tokenCountRequested);
    connect(m_composer, &Composer::draftChanged, &m_store, &ChatStore::saveSoon);
    connect(m_view, &TranscriptView::actionTriggered, this, &ChatView::act);
    connect(m_startPage, &StartPage::suggestionChosen, this, qOverload<const QString&>(&ChatView::send));
    connect(m_startPage, &StartPage::modelChosen, this, &ChatView::modelRequested);
    connect(m_startPage, &StartPage::removeWanted, this, &ChatView::forgetRequested);
    connect(m_startPage, &StartPage::openWanted, this, &ChatView::openModelRequested);
    connect(m_offer, &ModelOffer::modelChosen, this, &ChatView::modelRequested);
    connect(m_offer, &ModelOffer::openWanted, this, &ChatView::openModelRequested);
    connect(&m_transcript, &QAbstractItemModel::rowsInserted, this, &ChatView::refreshPage);
    connect(&m_transcript, &QAbstractItemModel::rowsRemoved, this, &ChatView::refreshPage);
    connect(&m_transcript, &QAbstractItemModel::rowsInserted, &m_store, &ChatStore::saveSoon);
    connect(&m_transcript, &QAbstractItemModel::rowsRemoved, &m_store, &ChatStore::saveSoon);
    connect(&m_transcript, &QAbstractItemModel::dataChanged, &m_store, &ChatStore::saveSoon);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(&m_transcript, signal, this, &ChatView::obstaclesChanged);
    }
    connect(&m_transcript, &QAbstractItemModel::modelReset, this, &ChatView::obstaclesChanged);
    connect(&m_store, &ChatStore::failed, this, [this](const QString& sentence) {
        m_trouble->setText(sentence);
        m_trouble->show();
    });
    connect(&m_store, &ChatStore::recovered, m_trouble, &QWidget::hide);
}

void ChatView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_isReplying) {
        stop();
    } else {
        QWidget::keyPressEvent(event);
    }
}

GenerateCommand ChatView::command() const {
    GenerateCommand command;
    command.messages = m_transcript.messages(m_settings.systemPrompt);
    command.sampling = m_settings.sampling;
    command.maxTokens = m_settings.maxTokens;
    command.stopStrings = m_settings.stopStrings;
    return command;
}

void ChatView::send() {
    const QString text = m_composer->text();
    if (text.isEmpty() || m_isReplying || missesModel()) {
        return;
    }
    if (m_editedRow >= 0) {
        m_transcript.truncate(m_editedRow);
        m_composer->clear();
        cancelEdit();
        m_composer->endEditing();
    } else {
        m_composer->clear();
    }
    m_transcript.appendOwn(text);
    request();
}

void ChatView::send(const QString& text) {
    if (!m_isReplying && !missesModel()) {
        m_transcript.appendOwn(text);
        request();
    }
}

// Asks for a reply to what stands in the transcript.
void ChatView::request() {
    const GenerateCommand wanted = command();
    m_transcript.beginReply(modelName(*m_model));
    ask(wanted);
}

void ChatView::ask(const GenerateCommand& wanted) {
    m_isReplying = true;
    m_composer->setReplying(true);
    m_view->setReplying(true);
    m_view->scrollToEnd();
    m_promptWatch.start();
    showStatus(tr("Reading the prompt"));
    m_composer->focusText();
    emit obstaclesChanged();
    emit generateRequested(wanted);
}

void ChatView::stop() {
    if (m_isReplying) {
        showStatus(tr("Stopping"));
        emit stopRequested();
    }
}

void ChatView::regenerate() {
    const int own = m_transcript.lastRow(EntryKind::Own);
    if (m_isReplying || own < 0 || missesModel()) {
        return;
    }
    m_transcript.truncate(own + 1);
    request();
}

void ChatView::continueReply() {
    if (m_isReplying || missesModel() || !m_transcript.reopenReply()) {
        return;
    }
    GenerateCommand wanted = command();
    wanted.continuesReply = true;
    ask(wanted);
}

void ChatView::dropOldest() {
    if (!m_transcript.forgetOldestTurn()) {
        m_transcript.appendNotice(tr("Only one turn is left, and it alone is longer than the context. Shorten it, "
                                     "load a model with more context, or start a new chat."),
            {}, withRoomToGrow({NoticeChoice::StartNewChat}));
        return;
    }
    continueReply();
    if (!m_isReplying) { // there was no reply to go on with
        regenerate();
    }
}

void ChatView::editLast() {
    const int own = m_transcript.lastRow(EntryKind::Own);
    if (!m_isReplying && own >= 0) {
        beginEdit(own);
    }
}

void ChatView::beginEdit(int row) {
    m_editedRow = row;
    m_view->setEditedRow(row);
    m_composer->beginEditing(m_transcript.entry(row).text);
}

void ChatView::cancelEdit() {
    m_editedRow = -1;
    m_view->setEditedRow(-1);
}

void ChatView::copyChat() const {
    QGuiApplication::clipboard()->setText(m_transcript.toMarkdown());
}

void ChatView::copyLastReply() const {
    const int row = m_transcript.lastRow(EntryKind::Reply);
    if (row >= 0) {
        QGuiApplication::clipboard()->setText(m_transcript.entry(row).text);
    }
}

void ChatView::setReplySettings(const ReplySettings& settings) {
    const bool isOtherPrompt = settings.systemPrompt != m_settings.systemPrompt;
    m_settings = settings;
    m_store.saveSoon();
    if (isOtherPrompt && !m_isReplying) {
        emit contextCountRequested();
    }
}

void ChatView::setSendWithEnter(bool isOn) {
    m_composer->setSendWithEnter(isOn);
}

void ChatView::setRecentModels(const QStringList& paths, const QStringList& gonePaths) {
    m_recentModels = paths;
    m_goneModels = gonePaths;
    QStringList there = paths;
    there.removeIf([&gonePaths](const QString& path) { return gonePaths.contains(path); });
    m_offer->setRecentModels(there);
    refreshPage();
}

void ChatView::act(int row, const MessageAction& action) {
    switch (action.kind) {
    case MessageAction::Kind::Edit:
        beginEdit(row);
        return;
    case MessageAction::Kind::Regenerate:
        regenerate();
        return;
    case MessageAction::Kind::Continue:
        continueReply();
        return;
    case MessageAction::Kind::Choose:
        choose(action.choice);
        return;
    case MessageAction::Kind::WhySpeed:
        emit whySpeedRequested(m_transcript.entry(row).stats->account);
        return;
    case MessageAction::Kind::Copy:
    case MessageAction::Kind::CopyCode:
    case MessageAction::Kind::ToggleDetails:
        return; // the transcript's own
    }
}

void ChatView::choose(NoticeChoice choice) {
    switch (choice) {
    case NoticeChoice::StartNewChat:
        newChat();
        return;
    case NoticeChoice::DropOldest:
        dropOldest();
        return;
    case NoticeChoice::ReloadWithMoreContext:
        if (m_model) {
            emit reloadWithMoreContextRequested(std::min(2 * m_model->contextTokens, m_model->summary.trainedContext));
        }
        return;
    case NoticeChoice::TryAgain:
        tryAgain();
        return;
    case NoticeChoice::LoadOnCpu:
        m_isReplyWanted = true;
        emit loadOnCpuRequested();
        return;
    }
}

void ChatView::tryAgain() {
    if (m_model) {
        regenerate();
        return;
    }
    m_isReplyWanted = true;
    if (m_loadingName.isEmpty()) {
        emit loadAgainRequested();
    }
}
