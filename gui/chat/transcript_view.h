// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/message_painter.h"
#include "gui/chat/transcript_layout.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QTimer>

#include <optional>

// Shows a transcript of any length: only what is visible is laid out and painted; the rest is measured while nothing
// else is to be done. What a person looks at stays where it is, unless they are at the end, which then stays in view.
class TranscriptView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TranscriptView(ChatTranscript& transcript, QWidget* parent = nullptr);

    ChatTranscript& transcript() const { return m_transcript; }
    const TranscriptLayout& layoutOfText() const { return m_layout; }
    int currentRow() const { return m_focus.currentRow; }
    void setCurrentRow(int row); // -1: none; scrolls to it
    bool isAtEnd() const;
    void scrollToEnd();
    void setReplying(bool isReplying);
    void setEditedRow(int row); // -1: none

    bool hasMarkedText() const { return m_focus.marked && !m_focus.marked->isEmpty(); }
    QString markedText();
    void markMessage(int row);
    // All that can be done with a message, code blocks included: what its menu lists.
    QList<MessageAction> actionsOf(int row) const;
    void trigger(int row, const MessageAction& action); // copies here; what concerns the chat is signalled
    QRect messageRect(int row) const;                   // in the viewport

public slots:
    void copy(); // the marked text, else the current message

signals:
    void actionTriggered(int row, const MessageAction& action); // other than Copy, CopyCode, ToggleDetails
    void currentRowChanged(int row);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    bool viewportEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    // What keeps its place in the window when heights change: the segment at the top of the window.
    struct Anchor {
        BoxId box;
        int offset = 0; // from the window's top to the segment's, pixels; negative when it begins above
    };

    // While the mouse holds the bar under a block of code.
    struct CodeDrag {
        BoxId box;
        int grabbed = 0; // from the left of the bar's handle, pixels
    };

    void connectTranscript();
    void takeInserted(int first, int last);
    void takeRemoved(int first, int last);
    void takeReset();
    void takeChanged(int first, int last);
    void refreshGrowing();
    void restyle();
    int scrollTop() const;
    std::optional<Anchor> anchorAt(int y) const;
    std::optional<BoxId> lastBoxOf(int row) const; // nullopt: there is none yet
    void settle(const std::optional<Anchor>& anchor, bool followsEnd);
    void place(const std::optional<Anchor>& anchor, bool followsEnd); // without painting
    void applyScroll(int top);
    void measureSome();
    void moveCurrent(int step);
    void showMenu(int row, const QPoint& globalPosition);
    void updateHover(const QPoint& position);
    std::optional<MessageAction> hoveredAction() const;
    std::optional<TextPosition> textAt(const QPoint& position, bool isNearEnough);
    QString linkAt(const QPoint& position);
    void markWord(const TextPosition& position);
    bool scrollByKey(int key);
    bool beginCodeDrag(const QPoint& position);
    void dragCode(const QPoint& position);
    void followMarkSideways(const QPoint& position);
    bool scrollCodeOfCurrent(int steps);
    void showToolTip(const QPoint& position, const QPoint& globalPosition);

    ChatTranscript& m_transcript;
    TranscriptLayout m_layout;
    TranscriptFocus m_focus;
    QTimer m_measureSoon;
    QTimer m_refreshSoon;         // of the reply that grows
    QElapsedTimer m_sinceRefresh; // of what changed last
    qint64 m_restMs = 0;          // after it, before the next
    std::optional<Anchor> m_anchor;
    std::optional<TextPosition> m_markStart; // while the mouse marks text
    std::optional<CodeDrag> m_codeDrag;
    bool m_isAtEnd = true;
    bool m_isSettling = false;
};
