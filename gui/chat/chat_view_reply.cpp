// SPDX-License-Identifier: GPL-3.0-or-later
// The half of ChatView that follows the model and the reply it writes.
#include "gui/chat/chat_view.h"

#include "gui/chat/composer.h"
#include "gui/chat/context_gauge.h"
#include "gui/chat/model_offer.h"
#include "gui/chat/start_page.h"
#include "gui/chat/transcript_view.h"
#include "gui/format.h"
#include "gui/why/reply_account.h"

#include <QLabel>
#include <QStackedWidget>

#include <utility>

namespace {

constexpr double kSecondsUntilRateIsKnown = 0.5;

} // namespace

void ChatView::showModel(const LoadedModel& model) {
    m_model = model;
    m_loadingName.clear();
    refreshPage();
    refreshObstacle();
    setContextTokens(0);
    emit contextCountRequested();
    m_composer->setContext(model.contextTokens);
    for (const Attachment& attachment : m_composer->attachments()) { // each model counts in its own way
        emit tokenCountRequested(attachment.id, attachment.text);
    }
    const QString path = QString::fromStdString(model.summary.path.string());
    if (path != m_formerPath || model.contextTokens != m_formerContext) {
        m_transcript.withdrawContextChoices();
        m_transcript.makeRoom(model.contextTokens);
    }
    m_formerPath = path;
    m_formerContext = model.contextTokens;
    if (std::exchange(m_isReplyWanted, false)) {
        regenerate();
    }
}

void ChatView::showNoModel() {
    m_isReplyWanted = false;
    m_model.reset();
    m_loadingName.clear();
    m_gauge->setTokens(0, 0);
    m_composer->setContext(0);
    refreshPage();
    refreshObstacle();
}

void ChatView::showLoading(const QString& name) {
    const bool isReplyWanted = m_isReplyWanted;
    showNoModel();
    m_isReplyWanted = isReplyWanted;
    m_loadingName = name;
    refreshPage();
    refreshObstacle();
}

void ChatView::showPromptProgress(const strata::PromptProgress& progress) {
    if (!m_isReplying || progress.totalTokens == 0) {
        return;
    }
    const double share = static_cast<double>(progress.doneTokens) / progress.totalTokens;
    QString sentence =
        tr("Reading %1 tokens, %2 %").arg(formatCount(progress.totalTokens)).arg(static_cast<int>(share * 100));
    const double seconds = static_cast<double>(m_promptWatch.elapsed()) / 1000;
    if (share > 0 && share < 1 && seconds > kSecondsUntilRateIsKnown) {
        sentence += tr(", %1 left").arg(formatDuration(seconds / share * (1 - share)));
    }
    showStatus(sentence);
}

void ChatView::takePiece(const QString& piece) {
    if (!m_isReplying) {
        return;
    }
    showStatus({});
    m_transcript.appendPiece(piece);
}

void ChatView::finishReply(const strata::GenerationResult& result) {
    if (!m_isReplying) {
        return;
    }
    if (!isReplyShown()) {
        endReplying();
        return;
    }
    const bool isFull = result.reason == strata::StopReason::ContextFull;
    const bool isEmpty = result.generatedTokens == 0;
    ReplyStats stats = isFull && isEmpty ? ReplyStats{} : replyStats(result);
    if (m_model) {
        stats.account = replyAccount(result, *m_model);
    }
    m_transcript.endReply(stats);
    endReplying();
    setContextTokens(result.promptTokens + result.generatedTokens);
    const QString notice = QString::fromStdString(result.templateNotice);
    if (!notice.isEmpty() && notice != m_templateNotice) {
        m_transcript.appendNotice(notice, {}, {});
    }
    m_templateNotice = notice;
    if (isFull) {
        m_transcript.appendNotice(
            isEmpty ? tr("The conversation fills the context, so there is no room for a reply.")
                    : tr("The context is full, so the reply ends here; the model can't keep more in mind."),
            {}, withRoomToGrow({NoticeChoice::StartNewChat, NoticeChoice::DropOldest}));
    }
}

// More context is offered only where the model has more to give.
QList<NoticeChoice> ChatView::withRoomToGrow(QList<NoticeChoice> choices) const {
    if (m_model && m_model->contextTokens < m_model->summary.trainedContext) {
        choices.append(NoticeChoice::ReloadWithMoreContext);
    }
    return choices;
}

bool ChatView::isReplyShown() const {
    return m_transcript.rowCount() > 0 && m_transcript.entries().constLast().isGrowing;
}

void ChatView::failReply(const QString& sentence, const QString& details, bool isCpuOffered) {
    if (!m_isReplying) {
        return;
    }
    if (!isReplyShown()) {
        endReplying();
        return;
    }
    const TranscriptEntry& reply = m_transcript.entry(m_transcript.rowCount() - 1);
    m_transcript.endReply(reply.text.isEmpty() ? ReplyStats{} : ReplyStats{.stopNote = tr("interrupted")});
    endReplying();
    QList<NoticeChoice> choices = {NoticeChoice::TryAgain};
    if (isCpuOffered) {
        choices.append(NoticeChoice::LoadOnCpu);
    }
    m_transcript.appendNotice(sentence, details, choices);
}

void ChatView::endReplying() {
    m_isReplying = false;
    m_composer->setReplying(false);
    m_view->setReplying(false);
    showStatus({});
    m_store.saveSoon();
    emit obstaclesChanged();
}

void ChatView::setContextTokens(quint32 used) {
    m_gauge->setTokens(used, m_model ? m_model->contextTokens : 0);
    emit contextTokensChanged(used);
}

void ChatView::refreshPage() {
    QWidget* page = m_transcript.rowCount() > 0 ? static_cast<QWidget*>(m_view) : m_startPage;
    m_pages->setCurrentWidget(page);
    refreshOffer();
    if (page == m_view) {
        return;
    }
    if (m_model) {
        m_startPage->showReady(QString::fromStdString(m_model->summary.name), m_model->summary.isNoise);
    } else if (!m_loadingName.isEmpty()) {
        m_startPage->showLoading(m_loadingName);
    } else {
        m_startPage->showNoModel(m_recentModels, m_goneModels);
    }
}

void ChatView::refreshObstacle() {
    m_composer->setObstacle(m_model ? QString()
                            : !m_loadingName.isEmpty()
                                ? tr("%1 is being loaded; you can send when it is there.").arg(m_loadingName)
                                : tr("No model is loaded; open one first (Ctrl+O)."));
    m_offer->setInsisting(false);
    showStatus({});
    refreshOffer();
    emit obstaclesChanged();
}

// The start page makes the same offer in its own way.
void ChatView::refreshOffer() {
    showOffer(!m_model && m_loadingName.isEmpty() && m_pages->currentWidget() == m_view);
}

void ChatView::showOffer(bool isShown) {
    m_offer->setVisible(isShown);
    m_status->setVisible(!isShown);
    m_gauge->setVisible(!isShown);
}

bool ChatView::missesModel() {
    if (m_model) {
        return false;
    }
    if (m_loadingName.isEmpty()) {
        m_offer->setInsisting(true);
        showOffer(true);
    } else {
        showStatus(tr("Not sent: %1 is still being loaded. Send again when it is there.").arg(m_loadingName));
    }
    return true;
}

void ChatView::showStatus(const QString& sentence) {
    m_status->setText(sentence);
    m_status->setToolTip(sentence);
}
