// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_menu.h"

#include "gui/icon.h"

using namespace Qt::StringLiterals;

namespace {

constexpr int kMostEarlier = 15; // that the menu lists; the panel has all

} // namespace

ChatMenu::ChatMenu(ChatView& chat, QAction* stop, QWidget* parent) : QMenu(tr("&Chat"), parent), m_chat(chat) {
    setToolTipsVisible(true);
    add(ChatVerb::NewChat, u"new-chat"_s, tr("&New chat"), Qt::CTRL | Qt::Key_N,
        tr("Begins an empty one; this one stays under “Earlier chats”"), &ChatView::newChat);
    QMenu* earlier = addMenu(tr("E&arlier chats"));
    connect(earlier, &QMenu::aboutToShow, this, [this, earlier] { fillEarlier(earlier); });
    addSeparator();
    addAction(stop);
    add(ChatVerb::Regenerate, u"regenerate"_s, tr("&Regenerate the last reply"), Qt::CTRL | Qt::Key_R,
        tr("Has the last message answered anew"), &ChatView::regenerate);
    add(ChatVerb::EditLast, u"edit"_s, tr("&Edit the last message"), {}, tr("Changes it and sends it again"),
        &ChatView::editLast);
    addSeparator();
    add(ChatVerb::CopyLastReply, u"copy"_s, tr("&Copy the last reply"), Qt::CTRL | Qt::SHIFT | Qt::Key_C,
        tr("Copies it as Markdown"), &ChatView::copyLastReply);
    add(ChatVerb::CopyChat, {}, tr("Copy the chat as &Markdown"), {}, tr("Copies all of it as one document"),
        &ChatView::copyChat);
}

void ChatMenu::add(ChatVerb verb, const QString& icon, const QString& text, const QKeySequence& key,
    const QString& hint, const std::function<void(ChatView&)>& act) {
    QAction* action =
        addAction(icon.isEmpty() ? QIcon() : lineIcon(icon), text, key, &m_chat, [this, act] { act(m_chat); });
    const auto show = [this, verb, action, hint] {
        const QString obstacle = m_chat.obstacleTo(verb);
        action->setEnabled(obstacle.isEmpty());
        action->setToolTip(obstacle.isEmpty() ? hint : obstacle);
    };
    connect(&m_chat, &ChatView::obstaclesChanged, action, show);
    show();
}

void ChatMenu::fillEarlier(QMenu* menu) {
    menu->clear();
    const QList<EarlierChat> chats = m_chat.archive().chats();
    const QDateTime now = QDateTime::currentDateTime();
    for (const EarlierChat& chat : chats.first(qMin(chats.size(), qsizetype(kMostEarlier)))) {
        QString title = chat.title;
        title.replace(u'&', u"&&"_s);
        menu->addAction(
            title + u'\t' + formatWhen(chat.when, now), this, [this, path = chat.path] { m_chat.openChat(path); });
    }
    if (chats.isEmpty()) {
        menu->addAction(tr("No chat was set aside yet"))->setEnabled(false);
    }
    menu->addSeparator();
    menu->addAction(tr("&All chats…"), this, &ChatMenu::allChatsRequested);
}
