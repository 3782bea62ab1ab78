// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_view.h"

#include <QKeySequence>
#include <QMenu>

#include <functional>

// What can be done with conversations. What makes no sense now is off, and says why.
class ChatMenu : public QMenu {
    Q_OBJECT

public:
    ChatMenu(ChatView& chat, QAction* stop, QWidget* parent = nullptr); // `stop` gets its place among the others

signals:
    void allChatsRequested();

private:
    void add(ChatVerb verb, const QString& icon, const QString& text, const QKeySequence& key, const QString& hint,
        const std::function<void(ChatView&)>& act);
    void fillEarlier(QMenu* menu);

    ChatView& m_chat;
};
