// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_store.h"

#include <QJsonObject>

#include <optional>

// A conversation as it was read, or why it can't be.
struct ChatReading {
    std::optional<StoredChat> chat;
    QString problem;
};

// The file format of a conversation. Fields that are missing or of a wrong type take their defaults.
QJsonObject chatToJson(const StoredChat& chat);
StoredChat chatFromJson(const QJsonObject& object);
// Refuses what is no conversation, and what a newer Strata wrote.
ChatReading chatFromBytes(const QByteArray& bytes);
