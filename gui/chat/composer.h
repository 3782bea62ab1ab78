// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include <QList>
#include <QString>
#include <QWidget>

class MessageEdit;
class QHBoxLayout;
class QLabel;
class QPushButton;

// A text that goes along with the message: a dropped file, a paste too long to be edited.
struct Attachment {
    int id = 0;
    QString title;
    QString text;
    quint32 estimatedTokens = 0;
    std::optional<quint32> tokenCount = {}; // nullopt: not counted yet

    quint32 tokens() const { return tokenCount.value_or(estimatedTokens); }
};

// Where a person writes: the message, what goes along with it, and Send, which is Stop while a reply is written.
// What stands here is lost by nothing but sending it.
class Composer : public QWidget {
    Q_OBJECT

public:
    explicit Composer(QWidget* parent = nullptr);

    // The message as it would be sent: what was typed, then the attachments as fenced code under their titles.
    QString text() const;
    QString draft() const; // what was typed
    void setDraft(const QString& text);
    const QList<Attachment>& attachments() const { return m_attachments; }
    void attach(const QString& title, const QString& text);
    void attachFile(const QString& path); // a sentence in place says why not
    void clear();

    void setSendWithEnter(bool isOn);
    void setReplying(bool isReplying);
    void setContext(quint32 tokens); // of the model, 0: none is loaded; what was counted for another is forgotten
    void setObstacle(const QString& sentence); // why nothing can be sent now; empty: nothing stands in the way
    void beginEditing(const QString& text);    // the draft waits till the edit ends
    void endEditing();
    bool isEditing() const { return m_isEditing; }
    QString shelvedDraft() const { return m_shelvedDraft; }

public slots:
    void setTokenCount(int attachmentId, quint32 tokenCount);
    void focusText();

signals:
    void sendRequested();
    void sendObstructed(); // it was tried all the same
    void stopRequested();
    void editLastRequested();
    void editingCancelled();
    void draftChanged();
    void tokenCountWanted(int attachmentId, const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildLayout();
    void connectEdit();
    void send();
    void escape();
    void refreshButton();
    void refreshAttachments();
    void addChip(const Attachment& attachment);
    QString tooLongSentence() const; // about the first attachment that alone exceeds the context; empty: none does
    void showNotes();
    void showNote(const QString& sentence);

    QWidget* m_box;
    MessageEdit* m_edit;
    QPushButton* m_button;
    QLabel* m_note;
    QWidget* m_attachmentRow;
    QHBoxLayout* m_attachmentLayout;
    QList<Attachment> m_attachments;
    QString m_sentence; // the note about what was done last
    QString m_obstacle;
    quint32 m_contextTokens = 0;
    QString m_shelvedDraft;
    int m_lastAttachmentId = 0;
    bool m_isReplying = false;
    bool m_isEditing = false;
};
