// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/screenshot.h"

#include "gui/chat/chat_view.h"
#include "gui/engine/engine_controller.h"
#include "gui/main_window.h"

#include "core/base/log.h"

#include <QCoreApplication>
#include <QPixmap>
#include <QTimer>

#include <utility>

namespace {

constexpr quint32 kReplyTokens = 400; // more than a short story, and an end where a model finds none
constexpr quint64 kSeed = 1;          // the same picture each time
constexpr qsizetype kHalfReply = 400; // letters
constexpr int kPauseMs = 1500;        // of whoever reads a reply before asking again
constexpr int kSettleMs = 500;        // the last piece is laid out, the caret is gone

} // namespace

Screenshot::Screenshot(MainWindow& window, EngineController& controller, const QString& file)
    : m_window(window), m_file(file) {
    connect(&controller, &EngineController::loaded, this, &Screenshot::sendMessage);
    connect(&controller, &EngineController::pieceReady, this, &Screenshot::takePiece);
    connect(&controller, &EngineController::finished, this, &Screenshot::takeReply);
    connect(&controller, &EngineController::failed, this, [this](const Failure& failure) { giveUp(failure.sentence); });
}

void Screenshot::sendMessage() {
    ReplySettings settings = m_window.chat().replySettings();
    settings.maxTokens = kReplyTokens;
    settings.sampling.seed = kSeed;
    m_window.chat().setReplySettings(settings);
    m_sinceMessage.start();
    m_window.chat().send(tr("Tell me a short story about a lighthouse keeper."));
}

void Screenshot::takePiece(const QString& piece) {
    m_replyLength += piece.size();
    if (m_isMidReply && !m_isSaved && m_replyLength >= kHalfReply && m_sinceMessage.elapsed() >= m_seconds * 1000)
        QTimer::singleShot(0, this, &Screenshot::save); // what came is in the transcript by then
}

void Screenshot::takeReply() {
    m_replyLength = 0;
    if (m_isMidReply || m_sinceMessage.elapsed() < m_seconds * 1000)
        QTimer::singleShot(kPauseMs, &m_window.chat(), &ChatView::regenerate);
    else
        QTimer::singleShot(kSettleMs, this, &Screenshot::save);
}

void Screenshot::save() {
    if (std::exchange(m_isSaved, true))
        return;
    if (!m_window.grab().save(m_file)) {
        giveUp(tr("The picture can't be written to %1.").arg(m_file));
        return;
    }
    QCoreApplication::exit(0);
}

void Screenshot::giveUp(const QString& sentence) {
    strata::log(strata::LogLevel::Error, sentence.toStdString());
    QCoreApplication::exit(1);
}
