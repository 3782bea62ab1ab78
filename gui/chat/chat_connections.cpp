// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_connections.h"

#include "gui/chat/chat_view.h"
#include "gui/chat/composer.h"
#include "gui/engine/engine_controller.h"

#include <QFileInfo>
#include <QHash>

#include <memory>

namespace {

// Which of the chat's questions a count of tokens answers: this, or the id of an attachment.
constexpr int kWholePrompt = -1;

void connectCounting(ChatView& chat, EngineController& engine) {
    const auto questions = std::make_shared<QHash<RequestId, int>>();
    QObject::connect(
        &chat, &ChatView::tokenCountRequested, &engine, [&engine, questions](int attachmentId, const QString& text) {
            if (const std::optional<RequestId> id = engine.countTokens(text)) {
                questions->insert(*id, attachmentId);
            }
        });
    QObject::connect(&chat, &ChatView::contextCountRequested, &engine, [&chat, &engine, questions] {
        const GenerateCommand command = chat.command();
        if (command.messages.empty()) {
            return;
        }
        if (const std::optional<RequestId> id = engine.countPromptTokens(command)) {
            questions->insert(*id, kWholePrompt);
        }
    });
    QObject::connect(
        &engine, &EngineController::tokensCounted, &chat, [&chat, questions](RequestId id, quint32 tokenCount) {
            const auto question = questions->constFind(id);
            if (question == questions->constEnd()) {
                return;
            }
            if (*question != kWholePrompt) {
                chat.composer().setTokenCount(*question, tokenCount);
            } else if (!chat.isReplying()) {
                chat.setContextTokens(tokenCount);
            }
            questions->erase(question);
        });
}

void showState(ChatView& chat, const EngineController& engine) {
    switch (engine.state()) {
    case EngineController::State::Loading:
        chat.showLoading(QFileInfo(engine.lastLoad().path).completeBaseName());
        return;
    case EngineController::State::Empty:
    case EngineController::State::Failed:
        chat.showNoModel();
        return;
    case EngineController::State::Ready:
    case EngineController::State::Generating:
        return; // loaded() brings the model
    }
}

} // namespace

void connectChatToEngine(ChatView& chat, EngineController& engine) {
    QObject::connect(&chat, &ChatView::generateRequested, &engine, [&chat, &engine](const GenerateCommand& command) {
        if (!engine.generate(command)) {
            chat.failReply(ChatView::tr("The message was not sent, because no model is ready."), {});
        }
    });
    QObject::connect(&chat, &ChatView::stopRequested, &engine, &EngineController::cancel);
    QObject::connect(&engine, &EngineController::promptProgress, &chat, &ChatView::showPromptProgress);
    QObject::connect(&engine, &EngineController::pieceReady, &chat, &ChatView::takePiece);
    QObject::connect(&engine, &EngineController::finished, &chat, &ChatView::finishReply);
    QObject::connect(&engine, &EngineController::failed, &chat,
        [&chat](const Failure& failure) { chat.failReply(failure.sentence, failure.details, failure.isCpuOffered); });
    QObject::connect(&chat, &ChatView::loadAgainRequested, &engine, &EngineController::loadAgain);
    QObject::connect(&chat, &ChatView::loadOnCpuRequested, &engine, &EngineController::loadOnCpu);
    QObject::connect(&engine, &EngineController::loaded, &chat, &ChatView::showModel);
    QObject::connect(&engine, &EngineController::stateChanged, &chat, [&chat, &engine] { showState(chat, engine); });
    connectCounting(chat, engine);
    if (engine.loadedModel()) {
        chat.showModel(*engine.loadedModel());
    } else {
        showState(chat, engine);
    }
}
