// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_archive.h"
#include "gui/chat/chat_store.h"
#include "gui/chat/chat_transcript.h"
#include "gui/chat/reply_settings.h"
#include "gui/engine/engine_messages.h"

#include <QElapsedTimer>
#include <QWidget>

#include <optional>

class Composer;
class ContextGauge;
class ModelOffer;
class QLabel;
class QStackedWidget;
class StartPage;
class TranscriptView;
struct MessageAction;

// What a person can do with the conversation as a whole.
enum class ChatVerb { NewChat, Regenerate, EditLast, CopyLastReply, CopyChat };

// How a person reads and writes a conversation: transcript, composer, and what lies between. It knows no engine:
// connectChatToEngine() ties its signals and slots to one.
class ChatView : public QWidget {
    Q_OBJECT

public:
    explicit ChatView(const QString& storePath, QWidget* parent = nullptr);
    ~ChatView() override;

    ChatTranscript& transcript() { return m_transcript; }
    TranscriptView& transcriptView() { return *m_view; }
    Composer& composer() { return *m_composer; }
    ChatArchive& archive() { return m_archive; }
    const ReplySettings& replySettings() const { return m_settings; } // for the panel, at start
    bool isReplying() const { return m_isReplying; }
    // The whole conversation as it would be sent now: what the context gauge counts.
    GenerateCommand command() const;
    QString obstacleTo(ChatVerb verb) const; // why it would do nothing now, as a sentence; empty: it would

public slots:
    // The person's verbs, for menus and keys.
    void send();
    void send(const QString& text);
    void stop();
    void regenerate();
    void continueReply(); // that was cut short
    void editLast();
    void newChat();
    void openChat(const QString& path); // one that was set aside; what stands here is set aside instead
    void copyChat() const;              // as Markdown
    void copyLastReply() const;
    void setReplySettings(const ReplySettings& settings);
    void setSendWithEnter(bool isOn);
    void setRecentModels(const QStringList& paths, const QStringList& gonePaths = {});

    // What happens to the model.
    void showModel(const LoadedModel& model);
    void showNoModel();
    void showLoading(const QString& modelName);

    // What becomes of the reply that was asked for.
    void showPromptProgress(const strata::PromptProgress& progress);
    void takePiece(const QString& piece);
    void finishReply(const strata::GenerationResult& result);
    void failReply(const QString& sentence, const QString& details, bool isCpuOffered = false);
    void setContextTokens(quint32 used);

signals:
    void obstaclesChanged();                                   // of any verb
    void replySettingsRestored(const ReplySettings& settings); // with the chat they belong to
    void contextTokensChanged(quint32 used);                   // the number that the gauge shows
    void generateRequested(const GenerateCommand& command);
    void stopRequested();
    void tokenCountRequested(int attachmentId, const QString& text); // answered by Composer::setTokenCount
    void contextCountRequested();                                    // answered by setContextTokens
    void reloadWithMoreContextRequested(quint32 contextTokens);
    void loadAgainRequested(); // the model that was there last
    void loadOnCpuRequested(); // the same
    void openModelRequested();
    void modelRequested(const QString& path);
    void whySpeedRequested(const std::shared_ptr<const ReplyAccount>& account); // of a reply
    void forgetRequested(const QString& path); // of a recent model whose file is gone

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void buildLayout();
    void connectParts();
    void request();
    void ask(const GenerateCommand& wanted);
    void beginEdit(int row);
    void cancelEdit();
    void act(int row, const MessageAction& action);
    void choose(NoticeChoice choice);
    void dropOldest();
    void tryAgain();
    QList<NoticeChoice> withRoomToGrow(QList<NoticeChoice> choices) const;
    bool isReplyShown() const; // not after a new chat was begun meanwhile
    void endReplying();
    void refreshPage();
    void refreshObstacle();
    void refreshOffer();
    void showOffer(bool isShown);
    bool missesModel(); // and if so, says it to somebody who needs one now
    void showStatus(const QString& sentence);
    bool setAside(); // false: it can't be kept, so it stays, and a sentence says why
    void clearChat();
    void restore(const StoredChat& chat);
    StoredChat storedChat() const;

    ChatTranscript m_transcript;
    ReplySettings m_settings;
    ChatStore m_store;
    ChatArchive m_archive;
    TranscriptView* m_view;
    StartPage* m_startPage;
    QStackedWidget* m_pages;
    Composer* m_composer;
    QLabel* m_trouble; // a conversation that can't be saved
    QLabel* m_status;
    ContextGauge* m_gauge;
    ModelOffer* m_offer;
    std::optional<LoadedModel> m_model;
    QString m_loadingName; // empty: nothing is being loaded
    QStringList m_recentModels;
    QStringList m_goneModels; // of these
    QString m_templateNotice; // the last one shown
    QString m_formerPath;     // of the last model that was there, and its context
    quint32 m_formerContext = 0;
    QElapsedTimer m_promptWatch;
    int m_editedRow = -1;
    bool m_isReplying = false;
    bool m_isReplyWanted = false; // once the model is there
};
